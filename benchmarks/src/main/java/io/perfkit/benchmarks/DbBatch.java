package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.THROUGHPUT;
import static io.perfkit.benchmarks.Target.atLeast;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.perfkit.db.batch.BatchTable;
import io.perfkit.db.batch.BatchWriter;
import io.perfkit.testing.PostgresProcess;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Rows per second of an upsert of 100,000 rows that one thread has, into an empty table on
 * PostgreSQL, committed every 1,000 rows: through a batch writer with its defaults, beside what is
 * written by hand on one connection.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class DbBatch implements Area {
  private static final int ROWS = 100_000;
  private static final int FLUSH_ROWS = 1_000;
  private static final int ROWS_ONE_BY_ONE = 5_000;

  private static final String ON_CONFLICT =
      " ON CONFLICT (id) DO UPDATE SET account_id = EXCLUDED.account_id, label = EXCLUDED.label,"
          + " stake_cents = EXCLUDED.stake_cents, placed_at = EXCLUDED.placed_at";
  private static final String UPSERT =
      "INSERT INTO bets (id, account_id, label, stake_cents, placed_at) VALUES (?, ?, ?, ?, ?)"
          + ON_CONFLICT;
  private static final String UPSERT_ARRAYS =
      "INSERT INTO bets (id, account_id, label, stake_cents, placed_at) SELECT * FROM"
          + " unnest(?::bigint[], ?::bigint[], ?::text[], ?::bigint[], ?::timestamptz[])"
          + ON_CONFLICT;

  /** A commit waits for its log to be written, as it does by default; the server spares fsync. */
  private static final String DURABLE = "?options=-c%20synchronous_commit=on";

  @Override
  public String name() {
    return "db-batch";
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        Figure.ratio("batch", THROUGHPUT, "batchWriter", "addBatch", atLeast(2)),
        Figure.ratio("one-by-one", THROUGHPUT, "batchWriter", "rowByRow", atLeast(35)));
  }

  /** What is written. */
  public record Bet(long id, long accountId, String label, long stakeCents, Instant placedAt) {}

  /** A server with an empty table, the ways to it, and the rows. */
  @State(Scope.Benchmark)
  public static class Table {
    final List<Bet> bets = new ArrayList<>();
    private final PostgresProcess postgres = PostgresProcess.start();
    private final HikariDataSource plain = pool(DURABLE);
    private final HikariDataSource rewriting = pool(DURABLE + "&reWriteBatchedInserts=true");
    private final BatchWriter<Bet> writer;

    public Table() {
      Instant start = Instant.parse("2026-01-01T00:00:00Z");
      for (int i = 0; i < ROWS; i++) {
        bets.add(new Bet(i, i % 977, "market " + i % 353, 100 + i % 500, start.plusSeconds(i)));
      }
      execute(
          "CREATE TABLE bets (id bigint PRIMARY KEY, account_id bigint, label text,"
              + " stake_cents bigint, placed_at timestamptz)");
      writer = open(plain);
    }

    private static BatchWriter<Bet> open(HikariDataSource pool) {
      try {
        return BatchWriter.create(
            pool,
            BatchTable.of("bets", Bet.class, "id"),
            rejection -> {
              throw new IllegalStateException(rejection.toString(), rejection.cause());
            });
      } catch (SQLException failed) {
        throw new IllegalStateException("no writer", failed);
      }
    }

    private HikariDataSource pool(String options) {
      HikariConfig config = new HikariConfig();
      config.setJdbcUrl(postgres.jdbcUrl("postgres") + options);
      config.setUsername(postgres.user());
      config.setPassword(postgres.password());
      config.setMaximumPoolSize(4);
      return new HikariDataSource(config);
    }

    private void execute(String sql) {
      try (Connection connection = plain.getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute(sql);
      } catch (SQLException failed) {
        throw new IllegalStateException(sql, failed);
      }
    }

    @Setup(Level.Invocation)
    public void empty() {
      execute("TRUNCATE bets");
    }

    @TearDown
    public void close() {
      writer.close();
      if (writer.stats().rows().accepted() != writer.stats().rows().flushed()) {
        throw new IllegalStateException(writer.stats().rows() + " (expected: all flushed)");
      }
      plain.close();
      rewriting.close();
      postgres.close();
    }
  }

  @Benchmark
  @OperationsPerInvocation(ROWS)
  public void batchWriter(Table table) throws InterruptedException {
    for (Bet bet : table.bets) {
      table.writer.add(bet);
    }
    if (!table.writer.awaitFlushed(Duration.ofMinutes(1))) {
      throw new IllegalStateException("not flushed within a minute");
    }
  }

  @Benchmark
  @OperationsPerInvocation(ROWS)
  public void addBatch(Table table) throws SQLException {
    inBatches(table.plain, table.bets);
  }

  @Benchmark
  @OperationsPerInvocation(ROWS)
  public void rewrittenBatches(Table table) throws SQLException {
    inBatches(table.rewriting, table.bets);
  }

  private static void inBatches(HikariDataSource pool, List<Bet> bets) throws SQLException {
    try (Connection connection = pool.getConnection();
        PreparedStatement statement = connection.prepareStatement(UPSERT)) {
      connection.setAutoCommit(false);
      int waiting = 0;
      for (Bet bet : bets) {
        bind(statement, bet);
        statement.addBatch();
        if (++waiting == FLUSH_ROWS) {
          int[] unused = statement.executeBatch();
          connection.commit();
          waiting = 0;
        }
      }
    }
  }

  @Benchmark
  @OperationsPerInvocation(ROWS)
  public void bareUnnest(Table table) throws SQLException {
    try (Connection connection = table.plain.getConnection();
        PreparedStatement statement = connection.prepareStatement(UPSERT_ARRAYS)) {
      connection.setAutoCommit(false);
      for (int from = 0; from < ROWS; from += FLUSH_ROWS) {
        Long[] ids = new Long[FLUSH_ROWS];
        Long[] accounts = new Long[FLUSH_ROWS];
        String[] labels = new String[FLUSH_ROWS];
        Long[] stakes = new Long[FLUSH_ROWS];
        String[] times = new String[FLUSH_ROWS];
        for (int i = 0; i < FLUSH_ROWS; i++) {
          Bet bet = table.bets.get(from + i);
          ids[i] = bet.id();
          accounts[i] = bet.accountId();
          labels[i] = bet.label();
          stakes[i] = bet.stakeCents();
          times[i] = bet.placedAt().toString();
        }
        setArray(connection, statement, 1, "int8", ids);
        setArray(connection, statement, 2, "int8", accounts);
        setArray(connection, statement, 3, "text", labels);
        setArray(connection, statement, 4, "int8", stakes);
        setArray(connection, statement, 5, "timestamptz", times);
        int unused = statement.executeUpdate();
        connection.commit();
      }
    }
  }

  private static void setArray(
      Connection connection, PreparedStatement statement, int index, String type, Object[] values)
      throws SQLException {
    Array array = connection.createArrayOf(type, values);
    statement.setArray(index, array);
  }

  @Benchmark
  @OperationsPerInvocation(ROWS_ONE_BY_ONE)
  public void rowByRow(Table table) throws SQLException {
    try (Connection connection = table.plain.getConnection();
        PreparedStatement statement = connection.prepareStatement(UPSERT)) {
      for (Bet bet : table.bets.subList(0, ROWS_ONE_BY_ONE)) {
        bind(statement, bet);
        int unused = statement.executeUpdate();
      }
    }
  }

  private static void bind(PreparedStatement statement, Bet bet) throws SQLException {
    statement.setLong(1, bet.id());
    statement.setLong(2, bet.accountId());
    statement.setString(3, bet.label());
    statement.setLong(4, bet.stakeCents());
    statement.setObject(5, bet.placedAt().atOffset(ZoneOffset.UTC));
  }
}
