package io.perfkit.session;

/**
 * What a sweep removed: sessions that ended without a call. Of several nodes that sweep at once one
 * counts a session, once. Immutable.
 *
 * @param idle nothing used them
 * @param absolute their longest time was over
 * @param revoked ended by {@link SessionManager#invalidateAll}
 * @param lost Redis held them no longer, by their TTL when nobody swept for a while, or by eviction
 */
public record SweepReport(long idle, long absolute, long revoked, long lost) {
  /** How many sessions were removed. */
  public long total() {
    return idle + absolute + revoked + lost;
  }

  SweepReport plus(SweepReport other) {
    return new SweepReport(
        idle + other.idle, absolute + other.absolute, revoked + other.revoked, lost + other.lost);
  }
}
