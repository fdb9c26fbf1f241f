package io.perfkit.db.batch;

import java.util.List;

/**
 * What a writer left when it was closed. Immutable.
 *
 * @param rows the final counts: nothing is buffered any more
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
