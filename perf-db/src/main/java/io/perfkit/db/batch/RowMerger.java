package io.perfkit.db.batch;

import static java.util.Comparator.comparing;
import static java.util.Objects.requireNonNull;

import io.perfkit.db.batch.Rejection.Reason;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Merges rows with equal keys into one and sorts all rows by key, so that two writers lock rows in
 * one order and never deadlock. Immutable.
 */
final class RowMerger<R> {
  private final ResolvedTable<R> table;
  private final @Nullable BinaryOperator<R> merge;

  /**
   * @param merge merges two rows of one key, the earlier first; null if the later replaces the
   *     earlier
   */
  RowMerger(ResolvedTable<R> table, @Nullable BinaryOperator<R> merge) {
    this.table = table;
    this.merge = merge;
  }

  /** The rows to write for accepted ones; rows that cannot be merged are refused. */
  List<MergedRow<R>> rows(List<BufferedRow<R>> pending, List<RejectedRow<R>> refusals) {
    if (!table.hasKey()) {
      return pending.stream().map(MergedRow::of).toList();
    }
    List<BufferedRow<R>> sorted = new ArrayList<>(pending);
    sorted.sort(
        comparing(row -> requireNonNull(row.key))); // stable: those of a key keep their order
    if (!mergesRowsOfOneKey()) {
      // The first of a key stays, or each stands beside the others.
      return sorted.stream().map(MergedRow::of).toList();
    }
    List<MergedRow<R>> rows = new ArrayList<>(sorted.size());
    if (!table.hasComparableKey()) {
      for (List<BufferedRow<R>> sameKey : byKeyInOrder(sorted)) {
        rows.add(row(sameKey, refusals));
      }
      return rows;
    }
    int from = 0;
    for (int i = 1; i <= sorted.size(); i++) {
      if (i == sorted.size() || !Objects.equals(sorted.get(i).key, sorted.get(from).key)) {
        rows.add(row(sorted.subList(from, i), refusals));
        from = i;
      }
    }
    return rows;
  }

  /**
   * Whether rows of one key become one. Not where only the database can tell whether the later one
   * replaces the earlier.
   */
  boolean mergesRowsOfOneKey() {
    return table.upsert()
        && table.isKeyUnique()
        && (merge != null || table.updateWhere().isEmpty());
  }

  /** A key that may equal another one takes the position of its last row. */
  private Iterable<List<BufferedRow<R>>> byKeyInOrder(List<BufferedRow<R>> rows) {
    Map<RowKey, List<BufferedRow<R>>> groups = new LinkedHashMap<>();
    for (BufferedRow<R> row : rows) {
      RowKey key = requireNonNull(row.key);
      List<BufferedRow<R>> group = groups.remove(key);
      group = group == null ? new ArrayList<>() : group;
      group.add(row);
      groups.put(key, group);
    }
    return groups.values();
  }

  /** Of the rows of one key. */
  private MergedRow<R> row(List<BufferedRow<R>> sameKey, List<RejectedRow<R>> refusals) {
    if (sameKey.size() == 1) {
      return MergedRow.of(sameKey.get(0));
    }
    List<BufferedRow<R>> from = new ArrayList<>();
    BufferedRow<R> effective = sameKey.get(0);
    for (BufferedRow<R> next : sameKey) {
      BufferedRow<R> merged = from.isEmpty() ? next : merged(effective, next, refusals);
      if (merged != null) {
        effective = merged;
        from.add(next);
      }
    }
    return new MergedRow<>(effective, from);
  }

  /** The merged row; null if the two cannot be merged, which rejects the later one. */
  @Nullable BufferedRow<R> merged(
      BufferedRow<R> earlier, BufferedRow<R> later, List<RejectedRow<R>> refusals) {
    if (merge == null) {
      return table.replaced(earlier, later);
    }
    try {
      BufferedRow<R> merged =
          table.pending(merge.apply(earlier.row, later.row), later.acceptedNanos);
      if (!Objects.equals(later.key, merged.key)) {
        throw new IllegalStateException("the merged row has another key");
      }
      return merged;
    } catch (RuntimeException failed) {
      refusals.add(new RejectedRow<>(later, Reason.MERGE_FAILED, failed));
      return null;
    }
  }
}
