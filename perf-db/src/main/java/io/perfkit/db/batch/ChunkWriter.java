package io.perfkit.db.batch;

import static java.util.Comparator.comparing;
import static java.util.Objects.requireNonNull;

import io.perfkit.db.batch.Attempt.Outcome;
import io.perfkit.db.batch.Rejection.Reason;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BinaryOperator;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes chunks, each try one transaction. Rows of one key become one, and all are sorted by key,
 * so that two writers never wait for each other in a circle. Immutable.
 *
 * <p>A chunk with a refused row is halved between savepoints until the row is alone: at most about
 * {@code 2k·(log2(n/k) + 1)} statements for {@code k} of {@code n} rows. Where a refused row had
 * been merged with earlier ones, those are written as if it had never been added.
 */
final class ChunkWriter<R> {
  private final ResolvedTable<R> table;
  private final RowStatement<R> statement;
  private final @Nullable BinaryOperator<R> merge;

  /**
   * @param merge of two rows of one key, the earlier first; none if the later takes its place
   */
  ChunkWriter(
      ResolvedTable<R> table, RowStatement<R> statement, @Nullable BinaryOperator<R> merge) {
    this.table = table;
    this.statement = statement;
    this.merge = merge;
  }

  /**
   * One try. Throws nothing but errors; leaves no transaction open.
   *
   * @param mayCommit asked right before the commit is sent
   */
  Attempt<R> write(Connection connection, Chunk<R> chunk, BooleanSupplier mayCommit) {
    List<Refusal<R>> refusals = new ArrayList<>();
    List<Row<R>> rows = rows(chunk.rows, refusals);
    String transaction;
    try {
      connection.setAutoCommit(false);
      if (chunk.poisoned) {
        statement.checkAtOnce(connection);
        transaction = writeHalves(connection, rows, refusals);
      } else {
        transaction = statement.write(connection, rows);
      }
    } catch (SQLException | RuntimeException failure) {
      rollback(connection);
      return Attempt.rolledBack(failure);
    }
    Attempt<R> written = new Attempt<>(Outcome.COMMITTED, refusals, transaction, null);
    if (!mayCommit.getAsBoolean()) {
      rollback(connection);
      return written.with(Outcome.ABANDONED, null);
    }
    try {
      connection.commit();
      return written;
    } catch (SQLException | RuntimeException failure) {
      rollback(connection);
      boolean nothingWritten = refusals.size() == chunk.rows.size();
      return Fault.certainlyRolledBack(failure) || nothingWritten
          ? Attempt.rolledBack(failure)
          : written.with(Outcome.IN_DOUBT, failure);
    }
  }

  /** Asks what became of a try whose commit broke off; in doubt again if nobody can tell. */
  Attempt<R> prove(Connection connection, Attempt<R> inDoubt, String transaction) {
    try {
      return switch (statement.fate(connection, transaction)) {
        case COMMITTED -> inDoubt.with(Outcome.COMMITTED, null);
        case ABORTED -> inDoubt.with(Outcome.ROLLED_BACK, inDoubt.failure());
        case IN_PROGRESS -> inDoubt;
        case UNKNOWN -> inDoubt.unprovable();
      };
    } catch (SQLException | RuntimeException failure) {
      return inDoubt.with(Outcome.IN_DOUBT, failure);
    }
  }

  private List<Row<R>> rows(List<Pending<R>> pending, List<Refusal<R>> refusals) {
    if (!table.hasKey()) {
      return pending.stream().map(Row::of).toList();
    }
    List<Pending<R>> sorted = new ArrayList<>(pending);
    sorted.sort(
        comparing(row -> requireNonNull(row.key))); // stable: those of a key keep their order
    if (!table.upsert()) {
      return sorted.stream().map(Row::of).toList(); // the first of a key stays
    }
    List<Row<R>> rows = new ArrayList<>(sorted.size());
    for (List<Pending<R>> sameKey : byKey(sorted)) {
      rows.add(row(sameKey, refusals));
    }
    return rows;
  }

  private Iterable<List<Pending<R>>> byKey(List<Pending<R>> sorted) {
    if (!table.hasComparableKey()) {
      // A key that may be another's equal stands where its last row does.
      Map<RowKey, List<Pending<R>>> groups = new LinkedHashMap<>();
      for (Pending<R> row : sorted) {
        RowKey key = requireNonNull(row.key);
        List<Pending<R>> group = groups.remove(key);
        group = group == null ? new ArrayList<>() : group;
        group.add(row);
        groups.put(key, group);
      }
      return groups.values();
    }
    List<List<Pending<R>>> groups = new ArrayList<>(sorted.size());
    int from = 0;
    for (int i = 1; i <= sorted.size(); i++) {
      if (i == sorted.size() || !Objects.equals(sorted.get(i).key, sorted.get(from).key)) {
        groups.add(sorted.subList(from, i));
        from = i;
      }
    }
    return groups;
  }

  /** Of the rows of one key. */
  private Row<R> row(List<Pending<R>> sameKey, List<Refusal<R>> refusals) {
    if (sameKey.size() == 1) {
      return Row.of(sameKey.get(0));
    }
    List<Pending<R>> from = new ArrayList<>();
    Pending<R> effective = sameKey.get(0);
    for (Pending<R> next : sameKey) {
      Pending<R> merged = from.isEmpty() ? next : merged(effective, next, refusals);
      if (merged != null) {
        effective = merged;
        from.add(next);
      }
    }
    return new Row<>(effective, from);
  }

  /** Null if they can't be merged: then the later one is rejected. */
  private @Nullable Pending<R> merged(
      Pending<R> earlier, Pending<R> later, List<Refusal<R>> refusals) {
    if (merge == null) {
      return later;
    }
    try {
      Pending<R> merged = table.pending(merge.apply(earlier.row, later.row), later.acceptedNanos);
      if (!Objects.equals(later.key, merged.key)) {
        throw new IllegalStateException("the merged row has another key");
      }
      return merged;
    } catch (RuntimeException failed) {
      refusals.add(new Refusal<>(later, Reason.MERGE_FAILED, failed));
      return null;
    }
  }

  private @Nullable String writeHalves(
      Connection connection, List<Row<R>> rows, List<Refusal<R>> refusals) throws SQLException {
    if (rows.size() == 1) {
      return writeOneByOne(connection, rows.get(0), refusals);
    }
    int half = rows.size() / 2;
    String first = writeOrHalve(connection, rows.subList(0, half), refusals);
    String second = writeOrHalve(connection, rows.subList(half, rows.size()), refusals);
    return second == null ? first : second;
  }

  private @Nullable String writeOrHalve(
      Connection connection, List<Row<R>> rows, List<Refusal<R>> refusals) throws SQLException {
    Savepoint before = connection.setSavepoint();
    try {
      String transaction = statement.write(connection, rows);
      connection.releaseSavepoint(before);
      return transaction;
    } catch (SQLException refused) {
      backTo(connection, before, refused);
      if (rows.size() == 1 && rows.get(0).from().size() == 1) {
        refusals.add(new Refusal<>(rows.get(0).effective(), Reason.REFUSED, refused));
        return null;
      }
    }
    return writeHalves(connection, rows, refusals);
  }

  /** The rows of one key in their order, each on top of those that were not refused. */
  private @Nullable String writeOneByOne(
      Connection connection, Row<R> row, List<Refusal<R>> refusals) throws SQLException {
    String transaction = null;
    Pending<R> standing = null;
    for (Pending<R> next : row.from()) {
      Pending<R> candidate = standing == null ? next : merged(standing, next, refusals);
      if (candidate != null) {
        Savepoint before = connection.setSavepoint();
        try {
          transaction = statement.write(connection, List.of(Row.of(candidate)));
          connection.releaseSavepoint(before);
          standing = candidate;
        } catch (SQLException refused) {
          backTo(connection, before, refused);
          refusals.add(new Refusal<>(next, Reason.REFUSED, refused));
        }
      }
    }
    return transaction;
  }

  /** Undoes a refused statement; whatever else it was ends the try. */
  private static void backTo(Connection connection, Savepoint before, SQLException refused)
      throws SQLException {
    if (Fault.of(refused) != Fault.BISECT) {
      throw refused;
    }
    connection.rollback(before);
    connection.releaseSavepoint(before);
  }

  private static void rollback(Connection connection) {
    try {
      connection.rollback();
    } catch (SQLException | RuntimeException broken) {
      // The connection is lost, and its transaction with it.
    }
  }
}
