package io.perfkit.db.batch;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What one row of a statement writes. Immutable.
 *
 * @param effective its values: of the only row, the last one, or of all merged
 * @param from the accepted rows behind it, in their order: several of one key
 */
record Row<R>(Pending<R> effective, List<Pending<R>> from) implements Comparable<Row<R>> {
  Row {
    from = List.copyOf(from);
  }

  static <R> Row<R> of(Pending<R> pending) {
    return new Row<>(pending, List.of(pending));
  }

  @Override
  public int compareTo(Row<R> other) {
    return requireNonNull(effective.key).compareTo(requireNonNull(other.effective.key));
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
