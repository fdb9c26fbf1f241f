package io.perfkit.session;

/**
 * Result of a sweep: removed sessions by how they ended. Of several nodes that sweep at once,
 * exactly one counts a session. Immutable.
 *
 * @param idle sessions past their idle time-out
 * @param absolute sessions past their absolute time-out
 * @param revoked sessions ended by {@link SessionManager#invalidateAll}
 * @param lost sessions that Redis no longer held, by their TTL after a pause in sweeping, or by
 *     eviction
 */
public record SweepReport(long idle, long absolute, long revoked, long lost) {
  /** Number of removed sessions. */
  public long total() {
    return idle + absolute + revoked + lost;
  }

  SweepReport plus(SweepReport other) {
    return new SweepReport(
        idle + other.idle, absolute + other.absolute, revoked + other.revoked, lost + other.lost);
  }
}
