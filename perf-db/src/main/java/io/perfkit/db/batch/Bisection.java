package io.perfkit.db.batch;

import static java.util.Comparator.comparingLong;
import static java.util.Objects.requireNonNull;

import io.perfkit.db.batch.Rejection.Reason;
import io.perfkit.db.internal.SqlState;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the refused rows of a failed chunk by bisection. The statement run with no rows shows
 * whether the statement itself is at fault; halves between savepoints show which rows are. One
 * attempt, in one transaction: at most about {@code 2k·(log2(n/k) + 1)} statements for {@code k}
 * refused of {@code n} rows, and more where rows may need each other. One thread at a time.
 *
 * <p>A row that fails alone may need another one that was not written yet (a foreign key, a
 * trigger). Where the table has anything that looks at other rows, {@link DependentRows} decides
 * such rows once all else is written, and rows of their keys wait for them. Where a refused row had
 * been merged with earlier rows, those are written as if it had never been added.
 */
final class Bisection<R> {
  /**
   * Limit of single-row failures that a failing database may cause too, while no row is written.
   */
  private static final int HOPELESS_ROWS = 8;

  /** After so many attempts in which only the last rows failed, the rows are at fault. */
  private static final int TRIES_UNTIL_CLEAR = 5;

  private final Connection connection;
  private final ResolvedTable<R> table;
  private final RowStatement<R> statement;
  private final RowMerger<R> merger;
  private final int triesBefore;
  private final RowTrials<R> trials;
  private final @Nullable CheckProbe<R> probe;
  private final List<RejectedRow<R>> refusals = new ArrayList<>();

  /** Rows that failed alone, and later ones of their keys. */
  private final List<MergedRow<R>> undecided = new ArrayList<>();

  private final Set<Object> undecidedKeys = new HashSet<>();
  private @Nullable Boolean mayDependOnOthers;

  /** The first row of each key; empty if Java compares keys. */
  private Map<RowKey, Integer> equalKeys = Map.of();

  /** Refusals since the last written row that a failing database may have caused too. */
  private int unclear;

  private @Nullable SQLException lastUnclear;
  private @Nullable RejectedRow<R> apart;
  private int writesBefore;
  private int writesSeen;

  Bisection(
      Connection connection,
      ResolvedTable<R> table,
      RowStatement<R> statement,
      RowMerger<R> merger,
      int triesBefore) {
    this.connection = connection;
    this.table = table;
    this.statement = statement;
    this.merger = merger;
    this.triesBefore = triesBefore;
    this.trials = new RowTrials<>(connection, statement);
    this.probe = statement.probe(connection).orElse(null);
  }

  /** Rows that are given up if the transaction is committed. */
  List<RejectedRow<R>> refusals() {
    return refusals;
  }

  /**
   * The first row for which the database lacked a resource while it wrote others; null if there is
   * none. Else the transaction must be rolled back, and the row tried apart from them.
   */
  @Nullable RejectedRow<R> apart() {
    return apart;
  }

  /** The database's id of the transaction; null if nothing was written. */
  @Nullable String transaction() {
    return trials.transaction();
  }

  /**
   * Whether the statement can never succeed: the database refuses it with no rows, and a single row
   * fails the same way. Leaves the transaction as it was.
   *
   * @param failure of the attempt before
   * @throws TableChanged if the columns have other types now
   */
  boolean isStatementRefused(MergedRow<R> row, @Nullable Exception failure) throws SQLException {
    SQLException alone = failureOf(List.of());
    if (alone == null || failure == null || Fault.of(failure) != Fault.ROW_OR_STATEMENT) {
      return false;
    }
    if (Fault.of(alone) != Fault.ROW_OR_STATEMENT) {
      throw alone;
    }
    SQLException withOne = failureOf(List.of(row));
    return withOne != null && SqlState.code(withOne).equals(SqlState.code(alone));
  }

  private @Nullable SQLException failureOf(List<MergedRow<R>> rows) throws SQLException {
    Savepoint before = connection.setSavepoint();
    try {
      statement.write(connection, rows);
      return null;
    } catch (SQLException refused) {
      return refused;
    } finally {
      connection.rollback(before);
      connection.releaseSavepoint(before);
    }
  }

  /**
   * Writes the rows except those that are refused.
   *
   * @throws SQLException if the failure is not about rows; the caller must roll back the
   *     transaction
   */
  void write(List<MergedRow<R>> rows) throws SQLException {
    Savepoint start = connection.setSavepoint();
    writeAll(rows);
    try {
      statement.checkAtOnce(connection);
    } catch (SQLException deferred) {
      if (!Fault.of(deferred).mayBeOfOneRow()) {
        throw deferred;
      }
      connection.rollback(start);
      // A row that is refused while no constraint is checked is refused with all of them.
      refusals.removeIf(Bisection::isUnclear);
      apart = null;
      unclear = 0;
      writesBefore = trials.writes();
      statement.checkAtOnce(connection);
      writeAll(withoutRefused(rows));
    }
    boolean written = trials.writes() > writesBefore;
    boolean others = apart != null && written;
    if (!others && unclear() > 0 && (!written || triesBefore < TRIES_UNTIL_CLEAR)) {
      throw requireNonNull(lastUnclear);
    }
  }

  private static boolean isUnclear(RejectedRow<?> refusal) {
    return refusal.cause() instanceof SQLException failure && !Fault.of(failure).mayBeOfOneRow();
  }

  /** The rows as if the refused ones had never been added. */
  private List<MergedRow<R>> withoutRefused(List<MergedRow<R>> rows) {
    Set<BufferedRow<R>> refused = new HashSet<>();
    refusals.forEach(refusal -> refused.add(refusal.row()));
    if (refused.isEmpty()) {
      return rows;
    }
    List<BufferedRow<R>> left =
        rows.stream()
            .flatMap(row -> row.from().stream())
            .filter(row -> !refused.contains(row))
            .sorted(comparingLong(row -> row.number))
            .toList();
    return merger.rows(left, refusals);
  }

  private void writeAll(List<MergedRow<R>> rows) throws SQLException {
    if (rows.size() <= 1) {
      writeHalves(rows);
      return;
    }
    if (!table.hasComparableKey()) {
      readEqualKeys(rows);
    }
    writeHalves(rows);
    if (!undecided.isEmpty()) {
      CheckProbe<R> opened = probe != null && probe.open() ? probe : null;
      List<MergedRow<R>> last = List.copyOf(undecided);
      undecided.clear();
      undecidedKeys.clear();
      new DependentRows<>(trials, opened, merger, refusals, this::keyOf, this::refuse, last)
          .decide();
    }
  }

  private void readEqualKeys(List<MergedRow<R>> rows) throws SQLException {
    List<Integer> first = statement.equalKeys(connection, rows);
    equalKeys = new HashMap<>();
    for (int i = 0; i < first.size(); i++) {
      equalKeys.put(requireNonNull(rows.get(i).effective().key), first.get(i));
    }
  }

  /** Equal for rows whose keys may be equal. */
  private Object keyOf(MergedRow<R> row) {
    RowKey key = row.effective().key;
    if (key == null) {
      return row;
    }
    Integer first = equalKeys.get(key);
    return first == null ? key.comparable() : first;
  }

  private void writeHalves(List<MergedRow<R>> rows) throws SQLException {
    if (rows.size() == 1) {
      writeOneByOne(rows.get(0));
      return;
    }
    int half = rows.size() / 2;
    writeOrHalve(rows.subList(0, half));
    writeOrHalve(rows.subList(half, rows.size()));
  }

  private void writeOrHalve(List<MergedRow<R>> given) throws SQLException {
    List<MergedRow<R>> rows = withoutWaiting(given);
    SQLException refused = rows.isEmpty() ? null : trials.tried(rows);
    if (refused == null) {
      return;
    }
    if (rows.size() > 1) {
      writeHalves(rows);
    } else if (Fault.of(refused).mayBeOfOneRow() && mayDependOnOthers()) {
      undecided.add(rows.get(0));
      undecidedKeys.add(keyOf(rows.get(0)));
    } else if (rows.get(0).from().size() > 1) {
      writeOneByOne(rows.get(0));
    } else {
      refuse(rows.get(0).effective(), refused);
    }
  }

  private boolean mayDependOnOthers() throws SQLException {
    Boolean known = mayDependOnOthers;
    if (known == null) {
      known = probe == null || probe.mayDependOnOthers();
      mayDependOnOthers = known;
    }
    return known;
  }

  /** Has rows wait for those of their key that are not decided yet. */
  private List<MergedRow<R>> withoutWaiting(List<MergedRow<R>> rows) {
    if (undecided.isEmpty()) {
      return rows;
    }
    List<MergedRow<R>> free = new ArrayList<>(rows.size());
    for (MergedRow<R> row : rows) {
      if (undecidedKeys.contains(keyOf(row))) {
        undecided.add(row);
      } else {
        free.add(row);
      }
    }
    return free;
  }

  /** Writes the rows of one key in order, each on top of those that were not refused. */
  private void writeOneByOne(MergedRow<R> row) throws SQLException {
    BufferedRow<R> standing = null;
    for (BufferedRow<R> next : row.from()) {
      BufferedRow<R> candidate = standing == null ? next : merger.merged(standing, next, refusals);
      if (candidate != null) {
        SQLException refused = trials.tried(List.of(new MergedRow<>(candidate, List.of(next))));
        if (refused == null) {
          standing = candidate;
        } else {
          refuse(next, refused);
        }
      }
    }
  }

  /** Refusals that a failing database may have caused, since a row was written. */
  private int unclear() {
    if (trials.writes() > writesSeen) {
      writesSeen = trials.writes();
      unclear = 0;
    }
    return unclear;
  }

  private void refuse(BufferedRow<R> row, SQLException refused) throws SQLException {
    RejectedRow<R> refusal = new RejectedRow<>(row, Reason.REFUSED, refused);
    if (apart == null && SqlState.of(refused) == SqlState.NO_RESOURCES) {
      apart = refusal;
    }
    if (!Fault.of(refused).mayBeOfOneRow()) {
      unclear = unclear() + 1;
      lastUnclear = refused;
      if (trials.writes() == writesBefore && unclear >= HOPELESS_ROWS) {
        throw refused;
      }
    }
    refusals.add(refusal);
  }
}
