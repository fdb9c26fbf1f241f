package io.perfkit.db.page;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;

/**
 * One page of a keyset, with the cursors of its neighbours. Immutable.
 *
 * @param rows in the order of the keyset, whatever the direction of reading
 * @param next cursor of the page after them; empty if there are no more rows
 * @param previous cursor of the page before them; empty if there certainly is none
 */
public record Page<R>(List<R> rows, Optional<String> next, Optional<String> previous) {
  public Page {
    rows = List.copyOf(rows);
    requireNonNull(next, "next");
    requireNonNull(previous, "previous");
  }
}
