package io.perfkit.db.batch;

import io.perfkit.db.internal.OwnSql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds out when PostgreSQL refuses rows: while it inserts them, or in the checks after the
 * statement (foreign keys, AFTER and constraint triggers), and then whether it refuses them though
 * the rows that they need are there.
 *
 * <p>One statement inserts all rows. Its checks run at its end, in the order of the inserts. A
 * sentinel among them always fails, so the error shows whether a check before it failed. Each probe
 * is rolled back. Serves one transaction, one thread at a time.
 *
 * <pre>
 * CREATE TEMP TABLE perfkit_sentinel
 *   (one int, CONSTRAINT perfkit_sentinel_fails UNIQUE (one) DEFERRABLE) ON COMMIT DROP
 *
 * WITH checked AS (INSERT INTO bets … RETURNING true),
 *   sentinel AS (INSERT INTO pg_temp.perfkit_sentinel
 *     SELECT 1 FROM (SELECT count(*) FROM checked) AS c, generate_series(1, 2) RETURNING true),
 *   others AS (INSERT INTO bets … WHERE (SELECT count(*) FROM sentinel) > 0 …)
 * SELECT true
 * </pre>
 */
final class CheckProbe<R> {
  private static final String SENTINEL = "perfkit_sentinel_fails";

  private static final String CREATE =
      "CREATE TEMP TABLE perfkit_sentinel (one int, CONSTRAINT "
          + SENTINEL
          + " UNIQUE (one) DEFERRABLE) ON COMMIT DROP";

  private static final String AFTER_SENTINEL = " WHERE (SELECT count(*) FROM sentinel) > 0";

  /** What can look at other rows of the table: triggers, policies, functions, its own keys. */
  private static final String DEPENDS =
      """
      WITH t AS (
        SELECT c.oid, c.relkind, c.relrowsecurity FROM pg_class c
        WHERE c.oid = ?::regclass OR c.oid IN (SELECT relid FROM pg_partition_tree(?::regclass)))
      SELECT
        EXISTS (SELECT FROM t WHERE relkind NOT IN ('r', 'p') OR relrowsecurity)
        OR EXISTS (SELECT FROM pg_trigger g WHERE NOT g.tgisinternal AND g.tgrelid IN (
          SELECT oid FROM t))
        OR EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.conrelid IN (
          SELECT oid FROM t) AND f.confrelid IN (SELECT oid FROM t))
        OR EXISTS (
          SELECT FROM pg_constraint k JOIN pg_depend d ON d.classid = 'pg_constraint'::regclass
            AND d.objid = k.oid AND d.refclassid = 'pg_proc'::regclass
          WHERE k.contype = 'c' AND (k.conrelid IN (SELECT oid FROM t) OR k.contypid IN (
            SELECT a.atttypid FROM pg_attribute a WHERE a.attrelid IN (SELECT oid FROM t))))
      """;

  private final Connection connection;
  private final ResolvedTable<R> table;
  private final RowArrays<R> arrays;
  private final int timeoutSeconds;
  private final String sql;

  CheckProbe(Connection connection, ResolvedTable<R> table, int timeoutSeconds) {
    this.connection = connection;
    this.table = table;
    this.arrays = RowArrays.ofAll(table);
    this.timeoutSeconds = timeoutSeconds;
    this.sql =
        "WITH checked AS ("
            + PostgresStatement.insert(table, "")
            + " RETURNING true), sentinel AS (INSERT INTO pg_temp.perfkit_sentinel"
            + " SELECT 1 FROM (SELECT count(*) FROM checked) AS c, generate_series(1, 2)"
            + " RETURNING true), others AS ("
            + PostgresStatement.insert(table, AFTER_SENTINEL)
            + ") SELECT true";
  }

  /** Whether the database may refuse a row because another one is missing. */
  boolean mayDependOnOthers() throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(OwnSql.of(DEPENDS))) {
      statement.setQueryTimeout(timeoutSeconds);
      statement.setString(1, table.target().quotedName());
      statement.setString(2, table.target().quotedName());
      try (ResultSet result = statement.executeQuery()) {
        return !result.next() || result.getBoolean(1);
      }
    }
  }

  /**
   * Prepares the transaction for probes.
   *
   * @return false if the user may not create a temporary table
   */
  boolean open() throws SQLException {
    Savepoint before = connection.setSavepoint();
    try (Statement statement = connection.createStatement()) {
      statement.execute(OwnSql.of(CREATE));
      connection.releaseSavepoint(before);
      return true;
    } catch (SQLException refused) {
      if (!Fault.of(refused).mayBeOfOneRow()) {
        throw refused;
      }
      connection.rollback(before);
      return false;
    }
  }

  /**
   * Why one of the rows can't be inserted, or fails a check, while all are there; null if none is
   * refused. Leaves the transaction as it was.
   *
   * @param checked rows whose checks count
   * @param others rows that only have to be inserted
   */
  @Nullable SQLException refusal(List<MergedRow<R>> checked, List<MergedRow<R>> others)
      throws SQLException {
    Savepoint before = connection.setSavepoint();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setQueryTimeout(timeoutSeconds);
      var unused = arrays.bind(statement, arrays.bind(statement, 0, checked), others);
      statement.execute();
      return null; // a user for whom no check runs
    } catch (SQLException refused) {
      return isSentinel(refused) ? null : refused;
    } finally {
      connection.rollback(before);
      connection.releaseSavepoint(before);
    }
  }

  private static boolean isSentinel(SQLException refused) {
    String message = refused.getMessage();
    return message != null && message.contains(SENTINEL);
  }
}
