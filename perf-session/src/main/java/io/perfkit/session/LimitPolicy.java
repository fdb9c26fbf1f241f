package io.perfkit.session;

/** What a login does when its user has {@link SessionConfig#maxPerUser} sessions already. */
public enum LimitPolicy {
  /** The login is refused; the outcome lists the existing sessions. */
  REJECT,
  /** The session that was created first ends. */
  EVICT_OLDEST,
  /** The least recently used session ends. */
  EVICT_IDLE
}
