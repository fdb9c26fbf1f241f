package io.perfkit.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.perfkit.db.page.Keyset;
import io.perfkit.db.page.Page;
import io.perfkit.db.page.Sort;
import io.perfkit.testing.PostgresProcess;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the page of 20 rows costs that follows page 10,000, of 400,000 rows with an index in their
 * order: by keyset, and by OFFSET.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class DbPage implements Area {
  private static final int ROWS = 20;
  private static final int PAGES_BEFORE = 10_000;
  private static final String QUERY = "SELECT id, stake_cents, placed_at FROM bets";

  @Override
  public String name() {
    return "db-page";
  }

  @Override
  public List<Figure> figures() {
    return List.of(Figure.speedup("after-10000", "keyset", "offset", 100));
  }

  /** A server with the rows, and a connection. */
  @State(Scope.Benchmark)
  public static class Bets {
    private final PostgresProcess postgres = PostgresProcess.start();
    private final Connection connection;
    private final Keyset<Long> keyset =
        Keyset.<Long>of(
                QUERY,
                row -> row.getLong("id"),
                "a secret of the benchmark".getBytes(UTF_8),
                Sort.descending("id"))
            .orderBy(Sort.descending("placed_at"))
            .withMaxRows(ROWS * PAGES_BEFORE);
    private final String cursor;
    private final List<Long> expected;

    public Bets() {
      try {
        connection =
            DriverManager.getConnection(
                postgres.jdbcUrl("postgres"), postgres.user(), postgres.password());
        fill(connection);
        // A cursor knows nothing of the size of pages, so one page stands for ten thousand.
        cursor = keyset.first(connection, ROWS * PAGES_BEFORE).next().orElseThrow();
        expected = byOffset(connection);
      } catch (SQLException failed) {
        throw new IllegalStateException("no table", failed);
      }
    }

    private static void fill(Connection connection) throws SQLException {
      try (Statement statement = connection.createStatement()) {
        statement.execute(
            "CREATE TABLE bets AS SELECT n AS id, n % 1000 AS stake_cents,"
                + " timestamptz '2026-01-01' + n / 10 * interval '1 s' AS placed_at"
                + " FROM generate_series(1::bigint, 400000) AS n");
        statement.execute("ALTER TABLE bets ADD PRIMARY KEY (id), ALTER placed_at SET NOT NULL");
        statement.execute("CREATE INDEX bets_order ON bets (placed_at DESC, id DESC)");
        statement.execute("VACUUM (ANALYZE) bets");
      }
    }

    private static List<Long> byOffset(Connection connection) throws SQLException {
      try (PreparedStatement statement =
          connection.prepareStatement(
              QUERY + " ORDER BY placed_at DESC, id DESC LIMIT ? OFFSET ?")) {
        statement.setInt(1, ROWS);
        statement.setInt(2, ROWS * PAGES_BEFORE);
        try (ResultSet rows = statement.executeQuery()) {
          List<Long> ids = new ArrayList<>();
          while (rows.next()) {
            ids.add(rows.getLong("id"));
          }
          return ids;
        }
      }
    }

    List<Long> byOffset() throws SQLException {
      return required(byOffset(connection));
    }

    List<Long> byKeyset() throws SQLException {
      Page<Long> page = keyset.at(connection, cursor, ROWS);
      return required(page.rows());
    }

    private List<Long> required(List<Long> ids) {
      if (!ids.equals(expected)) {
        throw new IllegalStateException("another page (expected: the same rows)");
      }
      return ids;
    }

    @TearDown
    public void close() throws SQLException {
      connection.close();
      postgres.close();
    }
  }

  @Benchmark
  public List<Long> keyset(Bets bets) throws SQLException {
    return bets.byKeyset();
  }

  @Benchmark
  public List<Long> offset(Bets bets) throws SQLException {
    return bets.byOffset();
  }
}
