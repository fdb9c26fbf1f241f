package io.perfkit.db.batch;

import static java.util.Objects.requireNonNull;

import io.perfkit.db.batch.Rejection.Reason;
import io.perfkit.db.internal.SqlState;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the refused rows of a failed chunk by bisection. The statement run with no rows shows
 * whether the statement itself is at fault; halves between savepoints show which rows are. One
 * attempt, in one transaction: at most about {@code 2k·(log2(n/k) + 1)} statements for {@code k}
 * refused of {@code n} rows. One thread at a time.
 *
 * <p>A row that is refused because another one is missing (a foreign key, a constraint trigger) is
 * tried again, together with the others of its kind, once all else is written. Where a refused row
 * had been merged with earlier rows, those are written as if it had never been added.
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
  private final List<Refusal<R>> refusals = new ArrayList<>();
  private List<Suspect<R>> suspects = new ArrayList<>();

  /** Refusals since the last written row that a failing database may have caused too. */
  private int unclear;

  private @Nullable SQLException lastUnclear;
  private @Nullable String transaction;
  private boolean written;

  /** A row that failed alone, but may not among others. */
  private record Suspect<R>(Row<R> row, SQLException failure) {}

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
    int refusedBefore = refusals.size();
    Savepoint start = connection.setSavepoint();
    writeAll(rows);
    try {
      statement.checkAtOnce(connection);
    } catch (SQLException deferred) {
      if (!Fault.of(deferred).mayBeOfOneRow()) {
        throw deferred;
      }
      connection.rollback(start);
      refusals.subList(refusedBefore, refusals.size()).clear();
      suspects.clear();
      unclear = 0;
      written = false;
      statement.checkAtOnce(connection);
      writeAll(rows);
    }
    if (unclear > 0 && (!written || triesBefore < TRIES_UNTIL_CLEAR)) {
      throw requireNonNull(lastUnclear);
    }
  }

  private void writeAll(List<Row<R>> rows) throws SQLException {
    writeHalves(rows);
    int before = Integer.MAX_VALUE;
    while (!suspects.isEmpty() && suspects.size() < before && written) {
      before = suspects.size();
      List<Row<R>> again = suspects.stream().map(Suspect::row).toList();
      suspects = new ArrayList<>();
      writeOrHalve(again);
    }
    for (Suspect<R> suspect : suspects) {
      if (suspect.row().from().size() > 1) {
        writeOneByOne(suspect.row());
      } else {
        refuse(suspect.row().effective(), suspect.failure());
      }
    }
    suspects = new ArrayList<>();
  }

  /** Not if another row of its key may stand in the chunk, which has to stay the later one. */
  private boolean mayBeWrittenLater() {
    return table.hasComparableKey() && (!table.hasKey() || (table.upsert() && table.isKeyUnique()));
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

  private void writeOrHalve(List<Row<R>> rows) throws SQLException {
    SQLException refused = tried(rows);
    if (refused == null) {
      return;
    }
    if (rows.size() == 1 && Fault.mayNeedAnotherRow(refused) && mayBeWrittenLater()) {
      suspects.add(new Suspect<>(rows.get(0), refused));
    } else if (rows.size() > 1 || rows.get(0).from().size() > 1) {
      writeHalves(rows);
    } else {
      refuse(rows.get(0).effective(), refused);
    }
  }

  /** Writes the rows of one key in order, each on top of those that were not refused. */
  private void writeOneByOne(Row<R> row) throws SQLException {
    Pending<R> standing = null;
    for (Pending<R> next : row.from()) {
      Pending<R> candidate = standing == null ? next : merger.merged(standing, next, refusals);
      if (candidate != null) {
        SQLException refused = tried(List.of(Row.of(candidate)));
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
    if (!Fault.of(refused).mayBeOfOneRow()) {
      unclear++;
      lastUnclear = refused;
      if (!written && unclear >= HOPELESS_ROWS) {
        throw refused;
      }
    }
    refusals.add(new Refusal<>(row, Reason.REFUSED, refused));
  }
}
