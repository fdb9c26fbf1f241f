package io.perfkit.db.batch;

import java.util.List;

/**
 * What one row of a statement writes. Immutable.
 *
 * @param effective its values: of the only row, the last one, or of all merged
 * @param from the accepted rows behind it, in their order: several of one key
 */
record Row<R>(Pending<R> effective, List<Pending<R>> from) {
  Row {
    from = List.copyOf(from);
  }

  static <R> Row<R> of(Pending<R> pending) {
    return new Row<>(pending, List.of(pending));
  }
}
