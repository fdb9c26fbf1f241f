package io.perfkit.session;

/**
 * Counters of one manager since it was created. Immutable.
 *
 * @param created sessions it made, those of logins included
 * @param active lookups that found a live session
 * @param notFound lookups of tokens without a session
 * @param expired lookups of sessions past a deadline
 * @param revoked lookups of sessions that were ended
 * @param rotated lookups by replaced tokens
 * @param unavailable calls that Redis did not answer
 * @param ended sessions that this manager ended or swept; over all nodes, these and the live ones
 *     add up to those created
 * @param limitReached logins that were refused
 * @param conflicts changes refused because another one came first
 * @param tooLarge changes refused for their size
 * @param unreadable attributes that could not be decoded
 * @param otherClient lookups from another client than that of the login ({@link BindingPolicy})
 * @param live sessions of all nodes at this manager's last sweep, those included that were due
 * @param userPeak most sessions that a user had after a login here
 */
public record SessionStats(
    long created,
    long active,
    long notFound,
    long expired,
    long revoked,
    long rotated,
    long unavailable,
    long ended,
    long limitReached,
    long conflicts,
    long tooLarge,
    long unreadable,
    long otherClient,
    long live,
    long userPeak) {

  static SessionStats of(Count.Counts counts, long live, long userPeak) {
    long ended = 0;
    for (Count count : Count.values()) {
      ended += count.name().startsWith("ENDED_") ? counts.of(count) : 0;
    }
    return new SessionStats(
        counts.of(Count.CREATED_ANONYMOUS) + counts.of(Count.CREATED_LOGIN),
        counts.of(Count.FOUND),
        counts.of(Count.NOT_FOUND),
        counts.of(Count.EXPIRED),
        counts.of(Count.REVOKED),
        counts.of(Count.ROTATED),
        counts.of(Count.UNAVAILABLE),
        ended,
        counts.of(Count.LIMIT_REACHED),
        counts.of(Count.CONFLICT),
        counts.of(Count.TOO_LARGE),
        counts.of(Count.UNREADABLE),
        counts.of(Count.OTHER_CLIENT),
        live,
        userPeak);
  }
}
