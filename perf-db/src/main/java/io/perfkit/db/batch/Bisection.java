package io.perfkit.db.batch;

import static java.util.Comparator.comparingLong;
import static java.util.Objects.requireNonNull;

import io.perfkit.db.batch.Rejection.Reason;
import io.perfkit.db.internal.SqlState;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the refused rows of a failed chunk by bisection. The statement run with no rows shows
 * whether the statement itself is at fault; halves between savepoints show which rows are. One
 * attempt, in one transaction: at most about {@code 2k·(log2(n/k) + 1)} statements for {@code k}
 * refused of {@code n} rows. One thread at a time.
 *
 * <p>A row that is refused because another one is missing (a foreign key, a constraint trigger) is
 * tried again, together with the others of its kind, once all else is written. Rows of its key wait
 * for it; where only the database can compare keys, all rows that are not refused are written once
 * more in their order. Where a refused row had been merged with earlier rows, those are written as
 * if it had never been added.
 */
final class Bisection<R> {
  /**
   * Limit of single-row failures that a failing database may cause too, while no row is written.
   */
  private static final int HOPELESS_ROWS = 8;

  /** After so many attempts in which only the last rows failed, the rows are at fault. */
  private static final int TRIES_UNTIL_CLEAR = 5;

  /** Up to so many rows that fail together are tried without one of them, each in turn. */
  private static final int LEFT_OUT_ROWS = 16;

  private final Connection connection;
  private final ResolvedTable<R> table;
  private final RowStatement<R> statement;
  private final RowMerger<R> merger;
  private final int triesBefore;
  private final List<Refusal<R>> refusals = new ArrayList<>();
  private List<Suspect<R>> suspects = new ArrayList<>();

  /** Whether a row that failed alone is tried again after later ones. */
  private boolean triesLater = true;

  private boolean triedLater;

  /** Refusals since the last written row that a failing database may have caused too. */
  private int unclear;

  private @Nullable SQLException lastUnclear;
  private @Nullable Refusal<R> apart;
  private @Nullable String transaction;
  private boolean written;

  /**
   * A row that failed alone, but may not among others.
   *
   * @param failure null for a row that only waits for an earlier one of its key
   */
  private record Suspect<R>(Row<R> row, @Nullable SQLException failure) {}

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
  }

  /** Rows that are given up if the transaction is committed. */
  List<Refusal<R>> refusals() {
    return refusals;
  }

  /**
   * The first row for which the database lacked a resource while it wrote others; null if there is
   * none. Else the transaction must be rolled back, and the row tried apart from them.
   */
  @Nullable Refusal<R> apart() {
    return apart;
  }

  /** The database's id of the transaction; null if nothing was written. */
  @Nullable String transaction() {
    return transaction;
  }

  /**
   * Whether the statement can never succeed: the database refuses it with no rows, and a single row
   * fails the same way. Leaves the transaction as it was.
   */
  boolean isStatementRefused(Row<R> row) throws SQLException {
    SQLException alone = failureOf(List.of());
    if (alone == null) {
      return false;
    }
    if (Fault.of(alone) != Fault.ROW_OR_STATEMENT) {
      throw alone;
    }
    SQLException withOne = failureOf(List.of(row));
    return withOne != null && SqlState.code(withOne).equals(SqlState.code(alone));
  }

  private @Nullable SQLException failureOf(List<Row<R>> rows) throws SQLException {
    Savepoint before = connection.setSavepoint();
    try {
      statement.write(connection, rows);
      return null;
    } catch (SQLException refused) {
      return refused;
    } finally {
      backTo(before);
    }
  }

  /**
   * Writes the rows except those that are refused.
   *
   * @throws SQLException if the failure is not about rows; the caller must roll back the
   *     transaction
   */
  void write(List<Row<R>> rows) throws SQLException {
    Savepoint start = connection.setSavepoint();
    writeAll(rows);
    try {
      statement.checkAtOnce(connection);
    } catch (SQLException deferred) {
      if (!Fault.of(deferred).mayBeOfOneRow()) {
        throw deferred;
      }
      connection.rollback(start);
      // Those that failed although no constraint was checked would be taken for rows in need.
      refusals.removeIf(refusal -> !mayHaveNeededAnotherRow(refusal));
      apart = null;
      beginAgain();
      statement.checkAtOnce(connection);
      writeAll(withoutRefused(rows));
    }
    boolean others = apart != null && written;
    if (!others && unclear > 0 && (!written || triesBefore < TRIES_UNTIL_CLEAR)) {
      throw requireNonNull(lastUnclear);
    }
  }

  private static boolean mayHaveNeededAnotherRow(Refusal<?> refusal) {
    return refusal.cause() instanceof SQLException failure && Fault.mayNeedAnotherRow(failure);
  }

  private void beginAgain() {
    suspects.clear();
    unclear = 0;
    written = false;
    triedLater = false;
  }

  /** The rows as if the refused ones had never been added. */
  private List<Row<R>> withoutRefused(List<Row<R>> rows) {
    Set<Pending<R>> refused = new HashSet<>();
    refusals.forEach(refusal -> refused.add(refusal.row()));
    if (refused.isEmpty()) {
      return rows;
    }
    List<Pending<R>> left =
        rows.stream()
            .flatMap(row -> row.from().stream())
            .filter(row -> !refused.contains(row))
            .sorted(comparingLong(row -> row.number))
            .toList();
    return merger.rows(left, refusals);
  }

  private void writeAll(List<Row<R>> rows) throws SQLException {
    Savepoint start = table.hasComparableKey() ? null : connection.setSavepoint();
    writeHalves(rows);
    int failedTogether = rows.size();
    while (!suspects.isEmpty()) {
      List<Suspect<R>> again = suspects;
      suspects = new ArrayList<>();
      if (again.size() < failedTogether) {
        failedTogether = again.size();
        writeOrHalve(again.stream().map(Suspect::row).toList());
      } else {
        failedTogether = Integer.MAX_VALUE;
        giveUp(again);
      }
    }
    if (start != null && triedLater) {
      connection.rollback(start);
      beginAgain();
      triesLater = false;
      writeOrHalve(withoutRefused(rows));
      triesLater = true;
    }
  }

  /** Of rows that fail together, and each alone. */
  private void giveUp(List<Suspect<R>> failed) throws SQLException {
    if (failed.size() > 1 && failed.size() <= LEFT_OUT_ROWS) {
      for (int i = 0; i < failed.size(); i++) {
        List<Suspect<R>> others = new ArrayList<>(failed);
        Suspect<R> leftOut = others.remove(i);
        if (tried(others.stream().map(Suspect::row).toList()) == null) {
          suspects.add(leftOut);
          return;
        }
      }
    }
    List<Row<R>> waiting = new ArrayList<>();
    for (Suspect<R> suspect : failed) {
      if (suspect.failure() == null) {
        waiting.add(suspect.row());
      } else if (suspect.row().from().size() > 1) {
        writeOneByOne(suspect.row());
      } else {
        refuse(suspect.row().effective(), suspect.failure());
      }
    }
    writeOrHalve(waiting);
  }

  private void writeHalves(List<Row<R>> rows) throws SQLException {
    if (rows.size() == 1) {
      writeOneByOne(rows.get(0));
      return;
    }
    int half = rows.size() / 2;
    writeOrHalve(rows.subList(0, half));
    writeOrHalve(rows.subList(half, rows.size()));
  }

  private void writeOrHalve(List<Row<R>> given) throws SQLException {
    List<Row<R>> rows = withoutWaiting(given);
    SQLException refused = rows.isEmpty() ? null : tried(rows);
    if (refused == null) {
      return;
    }
    if (rows.size() == 1 && triesLater && Fault.mayNeedAnotherRow(refused)) {
      suspects.add(new Suspect<>(rows.get(0), refused));
      triedLater = true;
    } else if (rows.size() > 1 || rows.get(0).from().size() > 1) {
      writeHalves(rows);
    } else {
      refuse(rows.get(0).effective(), refused);
    }
  }

  /** Has rows wait for those of their key that will be tried later. */
  private List<Row<R>> withoutWaiting(List<Row<R>> rows) {
    if (suspects.isEmpty() || merger.mergesRowsOfOneKey() || !table.hasComparableKey()) {
      return rows;
    }
    List<Suspect<R>> earlier = List.copyOf(suspects);
    List<Row<R>> free = new ArrayList<>(rows.size());
    for (Row<R> row : rows) {
      if (earlier.stream().anyMatch(suspect -> row.mayReplace(suspect.row()))) {
        suspects.add(new Suspect<>(row, null));
      } else {
        free.add(row);
      }
    }
    return free;
  }

  /** Writes the rows of one key in order, each on top of those that were not refused. */
  private void writeOneByOne(Row<R> row) throws SQLException {
    Pending<R> standing = null;
    for (Pending<R> next : row.from()) {
      Pending<R> candidate = standing == null ? next : merger.merged(standing, next, refusals);
      if (candidate != null) {
        SQLException refused = tried(List.of(new Row<>(candidate, List.of(next))));
        if (refused == null) {
          standing = candidate;
        } else {
          refuse(next, refused);
        }
      }
    }
  }

  /**
   * Null if the rows were written.
   *
   * @throws SQLException if the failure is not about rows
   */
  private @Nullable SQLException tried(List<Row<R>> rows) throws SQLException {
    Savepoint before = connection.setSavepoint();
    try {
      String number = statement.write(connection, rows);
      connection.releaseSavepoint(before);
      transaction = number == null ? transaction : number;
      written = true;
      unclear = 0;
      return null;
    } catch (SQLException refused) {
      if (Fault.of(refused) == Fault.CONTENTION || SqlState.of(refused) == SqlState.PREPARED_NAME) {
        throw refused;
      }
      backTo(before);
      return refused;
    }
  }

  private void backTo(Savepoint before) throws SQLException {
    connection.rollback(before);
    connection.releaseSavepoint(before);
  }

  private void refuse(Pending<R> row, SQLException refused) throws SQLException {
    Refusal<R> refusal = new Refusal<>(row, Reason.REFUSED, refused);
    if (apart == null && SqlState.of(refused) == SqlState.NO_RESOURCES) {
      apart = refusal;
    }
    if (!Fault.of(refused).mayBeOfOneRow()) {
      unclear++;
      lastUnclear = refused;
      if (!written && unclear >= HOPELESS_ROWS) {
        throw refused;
      }
    }
    refusals.add(refusal);
  }
}
