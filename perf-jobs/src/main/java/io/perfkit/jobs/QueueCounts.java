package io.perfkit.jobs;

/**
 * Counters of one queue since it exists, over all nodes, and what it holds now. Immutable.
 *
 * @param enqueued jobs that were stored
 * @param replayed dead letters that were put back
 * @param claimed claims: a job counts once per claim
 * @param done jobs whose handler returned
 * @param retried attempts that failed and were followed by another
 * @param dead jobs that became dead letters
 * @param discarded jobs that their handler found pointless
 * @param cancelled running jobs that the host cancelled
 * @param removed jobs that the host cancelled before they started
 * @param returned claims that were given back uncharged
 * @param rescued claims that ended because a lease expired
 * @param crashed rescued claims whose job became a dead letter
 * @param stale completions that came too late and changed nothing
 * @param waiting jobs that are stored and not started, delayed ones included
 * @param inFlight jobs that a node owns
 */
public record QueueCounts(
    long enqueued,
    long replayed,
    long claimed,
    long done,
    long retried,
    long dead,
    long discarded,
    long cancelled,
    long removed,
    long returned,
    long rescued,
    long crashed,
    long stale,
    long waiting,
    long inFlight) {
  static final QueueCounts ZERO = new QueueCounts(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  QueueCounts plus(QueueCounts other) {
    return new QueueCounts(
        enqueued + other.enqueued,
        replayed + other.replayed,
        claimed + other.claimed,
        done + other.done,
        retried + other.retried,
        dead + other.dead,
        discarded + other.discarded,
        cancelled + other.cancelled,
        removed + other.removed,
        returned + other.returned,
        rescued + other.rescued,
        crashed + other.crashed,
        stale + other.stale,
        waiting + other.waiting,
        inFlight + other.inFlight);
  }

  /** Jobs that were stored and have neither ended nor are stored now; zero if the law holds. */
  public long unaccountedJobs() {
    return enqueued + replayed - done - dead - discarded - cancelled - removed - waiting - inFlight;
  }

  /** Claims that have not ended in exactly one way; zero if the law holds. */
  public long unaccountedClaims() {
    long acknowledged = done + retried + (dead - crashed) + discarded + cancelled;
    return claimed - acknowledged - returned - rescued - inFlight;
  }
}
