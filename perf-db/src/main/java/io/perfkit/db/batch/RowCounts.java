package io.perfkit.db.batch;

/**
 * What became of the rows of one writer, at one moment: {@code accepted = flushed + rejected +
 * returned + buffered}, always. Immutable.
 *
 * @param accepted rows that {@code add} took
 * @param flushed rows whose transaction was committed, also where a later row of the same key in
 *     the same transaction took their place
 * @param rejected rows that were given to the rejection handler, or whose stage failed
 * @param returned rows that {@code close} handed back
 * @param buffered rows that are not decided yet
 */
public record RowCounts(long accepted, long flushed, long rejected, long returned, long buffered) {

  /** Whether every accepted row is accounted for. */
  public boolean balanced() {
    return accepted == flushed + rejected + returned + buffered;
  }
}
