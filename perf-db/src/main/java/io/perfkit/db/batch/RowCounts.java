package io.perfkit.db.batch;

/**
 * The rows of one writer by outcome at one moment: {@code accepted = flushed + rejected + returned
 * + buffered}, always. Immutable.
 *
 * @param accepted rows that {@code add} or {@code addAcknowledged} accepted
 * @param flushed rows whose transaction was committed, even if a later row of the same key replaced
 *     them in the same transaction
 * @param rejected rows that were given to the rejection handler, or whose stage failed
 * @param returned rows that {@code close} handed back
 * @param buffered rows that are not decided yet
 */
public record RowCounts(long accepted, long flushed, long rejected, long returned, long buffered) {

  /** Whether the counts add up. */
  public boolean balanced() {
    return accepted == flushed + rejected + returned + buffered;
  }
}
