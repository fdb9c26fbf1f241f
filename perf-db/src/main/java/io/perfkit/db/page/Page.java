package io.perfkit.db.page;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;

/**
 * Some rows of an order, and how to go on. Immutable.
 *
 * @param rows in the order of the keyset, whichever way they were come to
 * @param next cursor of the page after them; empty if there are no more rows
 * @param previous cursor of the page before them; empty if it is known that there is none
 */
public record Page<R>(List<R> rows, Optional<String> next, Optional<String> previous) {
  public Page {
    rows = List.copyOf(rows);
    requireNonNull(next, "next");
    requireNonNull(previous, "previous");
  }
}
