package io.perfkit.db.batch;

import static java.util.stream.Collectors.joining;

import io.perfkit.db.internal.OwnSql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Writes rows to PostgreSQL with one {@code INSERT ... SELECT unnest(...)} statement, and asks
 * later for the outcome of a transaction. It decides neither which rows to write nor when to retry:
 * {@link ChunkWriter} and {@link Worker} do. Each column is one array parameter, so the text is the
 * same for any number of rows: it is planned once and is one entry of pg_stat_statements.
 * Immutable.
 *
 * <pre>
 * WITH written AS (
 *   INSERT INTO "bets" ("id", "stake", "placed")
 *   SELECT c0, c1::numeric,
 *     coalesce(timestamptz 'epoch' + c2 * interval '1 microsecond', t2::timestamptz)
 *   FROM (SELECT unnest(?::int8[]) AS c0, unnest(?::text[]) AS c1,
 *     unnest(?::int8[]) AS c2, unnest(?::text[]) AS t2) AS r
 *   ON CONFLICT ("id") DO UPDATE SET "stake" = EXCLUDED."stake", "placed" = EXCLUDED."placed")
 * SELECT pg_current_xact_id()::text || ' ' || pg_stat_get_bgwriter_stat_reset_time(),
 *        set_config('idle_in_transaction_session_timeout', ?, true),
 *        (SELECT string_agg(…) FROM pg_attribute …)
 *
 * SET CONSTRAINTS ALL IMMEDIATE
 * SELECT pg_xact_status(?::xid8), ?::timestamptz = pg_stat_get_bgwriter_stat_reset_time()
 * </pre>
 *
 * <p>{@code unnest} in the select list makes rows one by one; in FROM the server would store them
 * first. A point in time is a number, which the server need not parse. The array of texts beside it
 * is empty unless a value needs one; unnest fills the shorter array up with NULLs.
 *
 * <p>Where rules rewrite the insert, the second SELECT is a statement of its own, since PostgreSQL
 * refuses most rules within WITH.
 *
 * <p>The setting ends with the transaction. It makes the server end a transaction whose client went
 * away, which would otherwise keep its rows locked.
 *
 * <p>A server that crashes forgets the ids of transactions that had not reached its disk, and
 * assigns them again: a commit under such an id then says nothing about the transaction of this
 * writer. The same crash resets the statistics, and so does a failover, so the reset time reveals
 * both.
 */
final class PostgresStatement<R> implements RowStatement<R> {
  private static final String FATE =
      "SELECT pg_xact_status(?::xid8), ?::timestamptz = pg_stat_get_bgwriter_stat_reset_time()";

  /** Of a batch of which the database skipped some rows, so that it is not known which. */
  private static final String SKIPPED_ROWS = "02000";

  /** Reported for an id that is not assigned yet: the server forgot the transaction that had it. */
  private static final String NOT_GIVEN_YET = "22023";

  private final ResolvedTable<R> table;
  private final RowArrays<R> arrays;
  private final int timeoutSeconds;
  private final String sql;

  /** Asks for the transaction apart; null if the insert answers it. */
  private final @Nullable String asked;

  /** Names of the columns that are reported to callers that wait. */
  private final List<String> returning;

  private final String sqlReturning;

  PostgresStatement(ResolvedTable<R> table, int timeoutSeconds) {
    this.table = table;
    this.arrays = RowArrays.ofAll(table);
    this.timeoutSeconds = timeoutSeconds;
    boolean hasRules = table.target().hasRules();
    // The driver may have a name for the other text already.
    String unnamed = table.target().pooled() ? " " : "";
    String columns =
        table.columns().stream()
            .map(column -> "'" + literal(column.quotedName()) + "'")
            .collect(joining(", "));
    // The column types are those under the lock of the insert, so no change goes unnoticed.
    String ask =
        "SELECT pg_current_xact_id()::text || ' ' || pg_stat_get_bgwriter_stat_reset_time(),"
            + " set_config('idle_in_transaction_session_timeout', ?, true),"
            + " (SELECT attrelid || ' ' || string_agg(atttypid || ' ' || atttypmod || ' '"
            + " || attcollation, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = '"
            + literal(table.target().quotedName())
            + "'::regclass AND quote_ident(attname) IN ("
            + columns
            + ") GROUP BY attrelid)";
    this.sql =
        unnamed
            + (hasRules ? insert(table, "") : "WITH written AS (" + insert(table, "") + ") " + ask);
    this.asked = hasRules ? unnamed + ask : null;
    this.returning = List.copyOf(table.target().returning().keySet());
    this.sqlReturning =
        unnamed
            + "WITH written AS (%s RETURNING true%s) SELECT * FROM (%s) AS t LEFT JOIN written ON true"
                .formatted(
                    insert(table, ""),
                    table.target().returning().values().stream()
                        .map(", %s"::formatted)
                        .collect(joining()),
                    ask);
  }

  private static String literal(String name) {
    return name.replace("'", "''");
  }

  /**
   * @param where a condition on the selected rows, with its keyword; empty for all
   */
  static String insert(ResolvedTable<?> table, String where) {
    RowArrays<?> rows = RowArrays.ofAll(table);
    return "INSERT INTO %s%s (%s) SELECT %s FROM (SELECT %s) AS r%s%s"
        .formatted(
            table.target().quotedName(),
            table.updateWhere().isPresent() ? " AS existing" : "",
            rows.names(),
            rows.values(),
            rows.unnested(),
            where,
            onConflict(table));
  }

  private static String onConflict(ResolvedTable<?> table) {
    if (!table.resolvesConflicts()) {
      return "";
    }
    if (!table.hasKey()) {
      return " ON CONFLICT DO NOTHING";
    }
    String others =
        table.columns().stream()
            .filter(ResolvedColumn::updated)
            .map(column -> column.quotedName() + " = EXCLUDED." + column.quotedName())
            .collect(joining(", "));
    return " ON CONFLICT %s DO %s"
        .formatted(
            table.conflictTargetSql().orElseThrow(),
            others.isEmpty() || !table.upsert()
                ? "NOTHING"
                : "UPDATE SET "
                    + others
                    + table.updateWhere().map(condition -> " WHERE " + condition).orElse(""));
  }

  @Override
  public @Nullable String write(Connection connection, List<MergedRow<R>> rows)
      throws SQLException {
    boolean returns = !returning.isEmpty() && rows.stream().anyMatch(MergedRow::isAnswered);
    try (PreparedStatement statement = connection.prepareStatement(returns ? sqlReturning : sql)) {
      statement.setQueryTimeout(timeoutSeconds);
      int parameters = arrays.bind(statement, 0, rows);
      if (asked == null) {
        return transaction(statement, parameters + 1, returns ? rows : List.of());
      }
      statement.execute();
    }
    try (PreparedStatement statement = connection.prepareStatement(asked)) {
      return transaction(statement, 1, List.of());
    }
  }

  /**
   * @param answered the rows of which columns are reported; none if they are not
   */
  private @Nullable String transaction(
      PreparedStatement statement, int parameter, List<MergedRow<R>> answered) throws SQLException {
    statement.setString(parameter, timeoutSeconds + "s");
    try (ResultSet result = statement.executeQuery()) {
      String transaction = result.next() ? result.getString(1) : null;
      if (!table.target().columnTypes().equals(result.getString(3))) {
        throw new TableChanged(table.target().quotedName());
      }
      if (!answered.isEmpty()) {
        List<StoredRow> stored = new ArrayList<>(answered.size());
        for (boolean more = result.getBoolean(4); more; more = result.next()) {
          stored.add(storedRow(result));
        }
        report(answered, stored);
      }
      return transaction;
    }
  }

  private StoredRow storedRow(ResultSet result) throws SQLException {
    Map<String, Object> values = new HashMap<>();
    for (int i = 0; i < returning.size(); i++) {
      Object value = result.getObject(5 + i);
      if (value != null) {
        values.put(returning.get(i), value);
      }
    }
    return new StoredRow(values);
  }

  /** The rows are stored, and reported, in the order of the arrays. */
  private void report(List<MergedRow<R>> rows, List<StoredRow> stored) throws SQLException {
    if (stored.size() != rows.size() && rows.size() > 1) {
      throw new SQLException(
          stored.size() + " of " + rows.size() + " rows were stored (expected: all, or one by one)",
          SKIPPED_ROWS);
    }
    for (int i = 0; i < rows.size(); i++) {
      rows.get(i).stored(i < stored.size() ? stored.get(i) : StoredRow.NONE);
    }
  }

  @Override
  public Optional<CheckProbe<R>> probe(Connection connection) {
    return table.target().hasRules()
        ? Optional.empty()
        : Optional.of(new CheckProbe<>(connection, table, timeoutSeconds));
  }

  @Override
  public List<Integer> equalKeys(Connection connection, List<MergedRow<R>> rows)
      throws SQLException {
    RowArrays<R> keys = RowArrays.ofKey(table);
    // The first row of each one's key. The empty selection lends the columns' collations.
    String sql =
        """
        SELECT min(n) OVER (PARTITION BY %s) FROM (
          SELECT 0 AS n, %s FROM %s WHERE false
          UNION ALL SELECT n, %s FROM (SELECT unnest(?::int4[]) AS n, %s) AS r) AS k
        ORDER BY n
        """
            .formatted(
                table.conflictExpressions().orElseThrow(),
                keys.names(),
                table.target().quotedName(),
                keys.values(),
                keys.unnested());
    try (PreparedStatement statement = connection.prepareStatement(OwnSql.of(sql))) {
      statement.setQueryTimeout(timeoutSeconds);
      Object[] numbers = IntStream.range(0, rows.size()).boxed().toArray();
      statement.setArray(1, connection.createArrayOf("int4", numbers));
      var unused = keys.bind(statement, 1, rows);
      try (ResultSet result = statement.executeQuery()) {
        List<Integer> first = new ArrayList<>(rows.size());
        while (result.next()) {
          first.add(result.getInt(1));
        }
        return first;
      }
    }
  }

  @Override
  public void checkAtOnce(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(OwnSql.of("SET CONSTRAINTS ALL IMMEDIATE"));
    }
  }

  @Override
  public Fate fate(Connection connection, String transaction) throws SQLException {
    int space = transaction.indexOf(' ');
    try (PreparedStatement statement = connection.prepareStatement(OwnSql.of(FATE))) {
      statement.setQueryTimeout(timeoutSeconds);
      statement.setString(1, transaction.substring(0, space));
      statement.setString(2, transaction.substring(space + 1));
      try (ResultSet result = statement.executeQuery()) {
        String status = result.next() ? result.getString(1) : null;
        return switch (status == null ? "forgotten" : status) {
          case "committed" -> result.getBoolean(2) ? Fate.COMMITTED : Fate.UNKNOWN;
          case "aborted" -> Fate.ABORTED;
          case "in progress" -> Fate.IN_PROGRESS;
          default -> Fate.UNKNOWN;
        };
      }
    } catch (SQLException failure) {
      if (NOT_GIVEN_YET.equals(failure.getSQLState())) {
        return Fate.ABORTED;
      }
      throw failure;
    }
  }
}
