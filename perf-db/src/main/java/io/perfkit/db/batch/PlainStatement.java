package io.perfkit.db.batch;

import static java.util.stream.Collectors.joining;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes rows as one JDBC batch: plain inserts on any database, upserts on H2. Immutable.
 *
 * <pre>
 * INSERT INTO "BETS" ("ID", "STAKE") VALUES (?, ?)
 * MERGE INTO "BETS" ("ID", "STAKE") KEY ("ID") VALUES (?, ?)      (an upsert on H2)
 * </pre>
 */
final class PlainStatement<R> implements RowStatement<R> {
  private final int timeoutSeconds;
  private final String sql;

  PlainStatement(ResolvedTable<R> table, int timeoutSeconds) {
    this.timeoutSeconds = timeoutSeconds;
    String columns =
        table.columns().stream().map(ResolvedColumn::quotedName).collect(joining(", "));
    String key =
        table.columns().stream()
            .filter(ResolvedColumn::key)
            .map(ResolvedColumn::quotedName)
            .collect(joining(", "));
    this.sql =
        (table.upsert() ? "MERGE" : "INSERT")
            + " INTO %s (%s)".formatted(table.target().quotedName(), columns)
            + (table.upsert() ? " KEY (%s)".formatted(key) : "")
            + table.columns().stream().map(column -> "?").collect(joining(", ", " VALUES (", ")"));
  }

  @Override
  public @Nullable String write(Connection connection, List<MergedRow<R>> rows)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setQueryTimeout(timeoutSeconds);
      for (MergedRow<R> row : rows) {
        @Nullable Object[] values = row.effective().values;
        for (int i = 0; i < values.length; i++) {
          statement.setObject(i + 1, values[i]);
        }
        statement.addBatch();
      }
      if (!rows.isEmpty()) {
        int[] unused = statement.executeBatch();
      }
      return null;
    }
  }

  @Override
  public void checkAtOnce(Connection connection) {
    // It does so anyway.
  }

  @Override
  public Fate fate(Connection connection, String transaction) {
    return Fate.UNKNOWN;
  }
}
