package io.perfkit.db.batch;

import java.util.List;

/**
 * What a writer left when it was closed. Immutable.
 *
 * @param accounts final: nothing is buffered any more
 * @param returned the rows that were not written, those of one key in the order of their adding
 */
public record Closed<R>(Accounts accounts, List<R> returned) {
  public Closed {
    returned = List.copyOf(returned);
  }

  /** Without the rows. */
  @Override
  public String toString() {
    return "Closed[" + accounts + "]";
  }
}
