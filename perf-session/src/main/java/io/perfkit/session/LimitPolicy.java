package io.perfkit.session;

/** What a login does when its user has {@link SessionConfig#maxPerUser} sessions already. */
public enum LimitPolicy {
  /** It is refused, with the sessions that there are. */
  REJECT,
  /** The session that was created first ends. */
  EVICT_OLDEST,
  /** The session that was seen last the longest ago ends. */
  EVICT_IDLE
}
