package io.perfkit.db.batch;

import java.util.List;

/**
 * What {@link BatchWriter#close(java.time.Duration)} hands back. Immutable.
 *
 * @param rows the final counts; no row is buffered any more
 * @param returned the rows that were not written, those of one key in the order of their adding
 */
public record CloseResult<R>(RowCounts rows, List<R> returned) {
  public CloseResult {
    returned = List.copyOf(returned);
  }

  /** Without the rows. */
  @Override
  public String toString() {
    return "CloseResult[" + rows + "]";
  }
}
