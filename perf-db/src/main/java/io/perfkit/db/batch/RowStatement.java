package io.perfkit.db.batch;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The statement that writes rows of one table, in the form that is fastest on its database. */
interface RowStatement<R> {

  static <R> RowStatement<R> of(ResolvedTable<R> table, int timeoutSeconds) {
    return table.database() == Database.POSTGRESQL
        ? new PostgresStatement<>(table, timeoutSeconds)
        : new PlainStatement<>(table, timeoutSeconds);
  }

  /**
   * Writes rows of different keys in the connection's open transaction.
   *
   * @return the id of this transaction for {@link #fate}; null if the database has none to ask for
   *     later
   */
  @Nullable String write(Connection connection, List<MergedRow<R>> rows) throws SQLException;

  /** Has deferred constraints checked at each statement of this transaction. */
  void checkAtOnce(Connection connection) throws SQLException;

  /** Finds out why rows fail together; empty where the database gives no means to. */
  default Optional<CheckProbe<R>> probe(Connection connection) {
    return Optional.empty();
  }

  /**
   * For each row, the position of the first one whose key is equal in the database; empty where it
   * can't be asked. Only for tables with keys that Java can't compare.
   */
  default List<Integer> equalKeys(Connection connection, List<MergedRow<R>> rows)
      throws SQLException {
    return List.of();
  }

  /** The outcome of a transaction, asked through another connection. */
  Fate fate(Connection connection, String transaction) throws SQLException;

  /** The outcome of a transaction. */
  enum Fate {
    COMMITTED,
    ABORTED,
    /** Its server process has not ended it yet. */
    IN_PROGRESS,
    /** The database does not remember it, or may confuse it with another. */
    UNKNOWN
  }
}
