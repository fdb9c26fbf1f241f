package io.perfkit.db.batch;

import static java.util.Objects.requireNonNull;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Decides rows that the database refuses one by one, but of which some may need each other: writes
 * the largest set that is accepted as a whole. A row is refused only if a {@link CheckProbe} shows
 * that it fails while every row that could help it is there. Rows of one key are decided in their
 * order. One thread at a time.
 *
 * <p>For {@code n} rows of which {@code k} are refused for a check: about {@code 2k·log2(n/k)}
 * statements of {@code n} rows, and as often again for each level of rows that need refused ones.
 *
 * <p>Where no probe is possible, rows are written one by one as long as that succeeds, then those
 * together whose SQLSTATE is that of a missing row; if one of these is at fault, all are refused.
 */
final class DependentRows<R> {
  private final RowTrials<R> trials;
  private final @Nullable CheckProbe<R> probe;
  private final RowMerger<R> merger;
  private final List<RejectedRow<R>> mergeRefusals;
  private final Function<MergedRow<R>, Object> keys;
  private final Refusing<R> refusing;

  /** In their order. */
  private final List<MergedRow<R>> undecided;

  private final Map<MergedRow<R>, SQLException> failures = new HashMap<>();

  /** Of rows whose merged form was refused: what stands of their key. */
  private final Map<RowKey, @Nullable BufferedRow<R>> standing = new HashMap<>();

  /** Rows that can't be inserted, whatever their checks would say. */
  private final Set<MergedRow<R>> notInsertable = new HashSet<>();

  /** Rows that failed their checks although every row that can be inserted was there. */
  private Set<MergedRow<R>> failedBesideAll = Set.of();

  /** Takes a row that is given up. */
  @FunctionalInterface
  interface Refusing<R> {
    void refuse(BufferedRow<R> row, SQLException failure) throws SQLException;
  }

  /**
   * @param probe null where none is possible
   * @param mergeRefusals gets rows that can't be merged with the one before
   * @param keys equal for rows of one key
   */
  DependentRows(
      RowTrials<R> trials,
      @Nullable CheckProbe<R> probe,
      RowMerger<R> merger,
      List<RejectedRow<R>> mergeRefusals,
      Function<MergedRow<R>, Object> keys,
      Refusing<R> refusing,
      List<MergedRow<R>> undecided) {
    this.trials = trials;
    this.probe = probe;
    this.merger = merger;
    this.mergeRefusals = mergeRefusals;
    this.keys = keys;
    this.refusing = refusing;
    this.undecided = new ArrayList<>(undecided);
  }

  /** Writes or refuses each row. */
  void decide() throws SQLException {
    while (!undecided.isEmpty()) {
      List<MergedRow<R>> heads = heads();
      failedBesideAll = Set.of();
      notInsertable.clear();
      boolean written =
          probe == null
              ? writeEach(heads) || writeTogether(heads)
              : writeInsertable(new ArrayList<>(heads));
      if (!written) {
        giveUp(heads);
      }
    }
  }

  /** The first row of each key. */
  private List<MergedRow<R>> heads() {
    Set<Object> seen = new HashSet<>();
    return undecided.stream().filter(row -> seen.add(keys.apply(row))).toList();
  }

  private boolean writeEach(List<MergedRow<R>> rows) throws SQLException {
    boolean any = false;
    for (MergedRow<R> row : rows) {
      any |= write(List.of(row)) == null;
    }
    return any;
  }

  /** Writes those of the rows together that failed as if another one were missing. */
  private boolean writeTogether(List<MergedRow<R>> rows) throws SQLException {
    List<MergedRow<R>> inNeed =
        rows.stream()
            .filter(row -> Fault.mayNeedAnotherRow(requireNonNull(failures.get(row))))
            .toList();
    return inNeed.size() > 1 && write(inNeed) == null;
  }

  private @Nullable SQLException write(List<MergedRow<R>> rows) throws SQLException {
    SQLException refused = trials.tried(rows);
    if (refused == null) {
      written(rows);
    } else {
      rows.forEach(row -> failures.putIfAbsent(row, refused));
    }
    return refused;
  }

  private void written(List<MergedRow<R>> rows) {
    undecided.removeAll(new HashSet<>(rows));
    for (MergedRow<R> row : rows) {
      RowKey key = row.effective().key;
      if (key != null && standing.containsKey(key)) {
        standing.put(key, row.effective());
        mergeNext(key);
      }
    }
  }

  /** Writes what can be written of rows that may conflict; false if that is none. */
  private boolean writeInsertable(List<MergedRow<R>> rows) throws SQLException {
    while (!rows.isEmpty()) {
      Set<MergedRow<R>> together = insertable(rows);
      if (together.isEmpty()) {
        return false;
      }
      if (writeLargest(new ArrayList<>(together))) {
        return true;
      }
      rows.removeAll(together); // those that conflict with one of them are left
    }
    return false;
  }

  /** Rows that can be inserted together, each after those that it needs. */
  private Set<MergedRow<R>> insertable(List<MergedRow<R>> rows) throws SQLException {
    Set<MergedRow<R>> together = new LinkedHashSet<>();
    List<MergedRow<R>> left = rows;
    for (int known = -1; known < together.size() && !left.isEmpty(); ) {
      known = together.size();
      addInsertable(left, together);
      left = left.stream().filter(row -> !together.contains(row)).toList();
    }
    return together;
  }

  private void addInsertable(List<MergedRow<R>> rows, Set<MergedRow<R>> together)
      throws SQLException {
    List<MergedRow<R>> all = new ArrayList<>(together);
    all.addAll(rows);
    SQLException refused = probed(List.of(), all);
    if (refused == null) {
      together.addAll(rows);
      rows.forEach(notInsertable::remove);
    } else if (rows.size() == 1) {
      failures.put(rows.get(0), refused);
      notInsertable.add(rows.get(0));
    } else {
      int half = rows.size() / 2;
      addInsertable(rows.subList(0, half), together);
      addInsertable(rows.subList(half, rows.size()), together);
    }
  }

  /** Writes the largest set of the rows that is accepted; false if it is empty. */
  private boolean writeLargest(List<MergedRow<R>> rows) throws SQLException {
    List<MergedRow<R>> left = rows;
    while (!left.isEmpty()) {
      if (write(left) == null) {
        return true;
      }
      Set<MergedRow<R>> failing = failing(left);
      if (failedBesideAll.isEmpty()) {
        failedBesideAll = failing;
      }
      if (failing.isEmpty()) {
        return false;
      }
      left = left.stream().filter(row -> !failing.contains(row)).toList();
    }
    return false;
  }

  /** The rows whose checks fail while all are there. Group sizes follow the share of failures. */
  private Set<MergedRow<R>> failing(List<MergedRow<R>> rows) throws SQLException {
    Set<MergedRow<R>> failing = new HashSet<>();
    int size = Math.max(1, rows.size() / 2);
    int at = 0;
    while (at < rows.size()) {
      int end = Math.min(at + size, rows.size());
      List<MergedRow<R>> others = new ArrayList<>(rows.subList(0, at));
      others.addAll(rows.subList(end, rows.size()));
      SQLException refused = probed(rows.subList(at, end), others);
      if (refused == null) {
        size *= 2;
        at = end;
      } else if (end - at == 1) {
        failures.put(rows.get(at), refused);
        failing.add(rows.get(at));
        at = end;
      } else {
        size = (end - at) / 2;
      }
    }
    return failing;
  }

  private @Nullable SQLException probed(List<MergedRow<R>> checked, List<MergedRow<R>> others)
      throws SQLException {
    SQLException refused = requireNonNull(probe).refusal(checked, others);
    if (refused != null) {
      RowTrials.requireOfRows(refused);
    }
    return refused;
  }

  /**
   * Gives up rows that fail for certain. Where one of them hides a later row of its key, which
   * other rows may need, those others are tried again with it.
   */
  private void giveUp(List<MergedRow<R>> heads) throws SQLException {
    Map<Object, Integer> counts = new HashMap<>();
    undecided.forEach(row -> counts.merge(keys.apply(row), 1, Integer::sum));
    List<MergedRow<R>> hiding =
        heads.stream()
            .filter(row -> row.from().size() > 1 || counts.getOrDefault(keys.apply(row), 0) > 1)
            .toList();
    if (hiding.isEmpty()) { // so the heads are all that is left
      undecided.clear();
      for (MergedRow<R> row : heads) {
        refuse(row);
      }
      return;
    }
    List<MergedRow<R>> first = notInsertableBesideOthers(heads, hiding);
    if (first.isEmpty()) {
      first = failedByTheirChecks(heads, hiding);
    }
    for (MergedRow<R> row : first.isEmpty() ? hiding : first) {
      giveUp(row);
    }
  }

  /** Those that failed their checks, and not because they were inserted before what they need. */
  private List<MergedRow<R>> failedByTheirChecks(
      List<MergedRow<R>> heads, List<MergedRow<R>> hiding) throws SQLException {
    List<MergedRow<R>> candidates = hiding.stream().filter(failedBesideAll::contains).toList();
    if (candidates.size() < 2) {
      return candidates;
    }
    List<MergedRow<R>> certain = new ArrayList<>();
    for (MergedRow<R> row : candidates) {
      Set<MergedRow<R>> all = new LinkedHashSet<>(List.of(row));
      heads.stream().filter(head -> !notInsertable.contains(head)).forEach(all::add);
      if (probed(List.of(), List.copyOf(all)) == null) {
        certain.add(row);
      }
    }
    return certain.isEmpty() ? candidates : certain;
  }

  /** Those that can't be inserted even if what the others hide stands in place of these. */
  private List<MergedRow<R>> notInsertableBesideOthers(
      List<MergedRow<R>> heads, List<MergedRow<R>> hiding) throws SQLException {
    List<MergedRow<R>> candidates = hiding.stream().filter(notInsertable::contains).toList();
    if (candidates.size() < 2) {
      return candidates;
    }
    Map<Object, MergedRow<R>> hidden = new HashMap<>();
    undecided.stream()
        .filter(row -> !heads.contains(row))
        .forEach(row -> hidden.putIfAbsent(keys.apply(row), row));
    List<MergedRow<R>> others = new ArrayList<>(heads);
    others.removeAll(candidates);
    others.addAll(hidden.values());
    Set<MergedRow<R>> beside = insertable(others);
    List<MergedRow<R>> certain = new ArrayList<>();
    for (MergedRow<R> row : candidates) {
      List<MergedRow<R>> all = new ArrayList<>(beside);
      int at = all.indexOf(hidden.get(keys.apply(row)));
      if (at < 0) {
        all.add(row);
      } else {
        all.set(at, row); // others may need their key
      }
      if (probed(List.of(), all) != null) {
        certain.add(row);
      }
    }
    return certain.isEmpty() ? candidates : certain;
  }

  private void giveUp(MergedRow<R> row) throws SQLException {
    int at = undecided.indexOf(row);
    undecided.remove(at);
    RowKey key = row.effective().key;
    if (row.from().size() > 1) {
      undecided.addAll(at, row.from().stream().map(MergedRow::of).toList());
      standing.put(requireNonNull(key), null);
    } else {
      refuse(row);
      if (key != null && standing.get(key) != null) {
        mergeNext(key);
      }
    }
  }

  private void refuse(MergedRow<R> row) throws SQLException {
    refusing.refuse(row.from().get(0), requireNonNull(failures.get(row)));
  }

  /** Merges the next row of a key with what stands of it. */
  private void mergeNext(RowKey key) {
    BufferedRow<R> stands = requireNonNull(standing.get(key));
    for (int i = 0; i < undecided.size(); i++) {
      MergedRow<R> next = undecided.get(i);
      if (Objects.equals(next.effective().key, key)) {
        BufferedRow<R> given = next.from().get(0);
        BufferedRow<R> merged = merger.merged(stands, given, mergeRefusals);
        if (merged != null) {
          undecided.set(i, new MergedRow<>(merged, next.from()));
          return;
        }
        undecided.remove(i);
        i--;
      }
    }
  }
}
