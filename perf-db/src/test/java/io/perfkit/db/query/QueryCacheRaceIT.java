package io.perfkit.db.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.Pace;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** Q1 and Q2: no read gives a row that is older than a commit that had returned before the read. */
@RealPostgres
final class QueryCacheRaceIT {
  private static final int READERS = 3;
  private static final int PAUSES_MAX = 50;

  /** How much longer a run goes on that a busy machine kept from showing anything. */
  private static final long EXTRA_NANOS = Duration.ofMinutes(1).toNanos();

  private static final String READ = "select value from counter where id = 1";

  private final DataSource plain;
  private final AtomicLong committed = new AtomicLong();

  QueryCacheRaceIT(TestDatabase server) {
    plain = server.dataSource();
  }

  private interface Reader {
    long read() throws SQLException;
  }

  /** Forgets after each commit, and keeps whatever it has read. */
  private static final class Naive implements Reader {
    private final AtomicReference<Long> kept = new AtomicReference<>();
    private final Connection connection;

    Naive(Connection connection) {
      this.connection = connection;
    }

    @Override
    public long read() throws SQLException {
      Long known = kept.get();
      if (known != null) {
        return known;
      }
      long value = select();
      kept.set(value);
      return value;
    }

    private synchronized long select() throws SQLException {
      try (Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery(READ)) {
        assertThat(row.next()).isTrue();
        return row.getLong(1);
      }
    }

    void forget() {
      kept.set(null);
    }
  }

  /** Whether a reader came to see something old before the time was over and it was enough. */
  private boolean seesOldRows(
      DataSource writing,
      Reader reader,
      Runnable forget,
      BooleanSupplier rested,
      BooleanSupplier enough,
      Duration time)
      throws Exception {
    committed.set(0);
    try (Connection connection = plain.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("update counter set value = 0");
    }
    AtomicBoolean old = new AtomicBoolean();
    long end = System.nanoTime() + time.toNanos();
    BooleanSupplier goesOn =
        () -> {
          long left = end - System.nanoTime();
          return !old.get() && (left > 0 || (left > -EXTRA_NANOS && !enough.getAsBoolean()));
        };
    ExecutorService threads = Executors.newFixedThreadPool(READERS + 1);
    try {
      List<Callable<Void>> tasks = new ArrayList<>();
      tasks.add(
          () -> {
            try (Connection connection = writing.getConnection();
                PreparedStatement update =
                    connection.prepareStatement("update counter set value = ? where id = 1")) {
              for (long i = 1; goesOn.getAsBoolean(); i++) {
                connection.setAutoCommit(i % 2 == 0);
                update.setLong(1, i);
                assertThat(update.executeUpdate()).isOne();
                if (i % 2 != 0) {
                  connection.commit();
                }
                forget.run();
                committed.set(i);
                for (int pause = 0;
                    pause < PAUSES_MAX && i % 3 != 0 && !rested.getAsBoolean();
                    pause++) {
                  Pace.pause(Duration.ofMillis(1));
                }
              }
            }
            return null;
          });
      for (int i = 0; i < READERS; i++) {
        tasks.add(
            () -> {
              while (goesOn.getAsBoolean()) {
                long least = committed.get();
                if (reader.read() < least) {
                  old.set(true);
                }
              }
              return null;
            });
      }
      for (Future<Void> done : threads.invokeAll(tasks)) {
        assertThat(done.get()).isNull();
      }
    } finally {
      threads.shutdown();
      assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    }
    return old.get();
  }

  @Test
  void noReadIsOlderThanACommitBeforeItAndTheTestWouldSeeOne() throws Exception {
    try (Connection connection = plain.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("create table counter (id int primary key, value bigint)");
      statement.execute("insert into counter values (1, 0)");
    }
    try (Connection connection = plain.getConnection()) {
      Naive naive = new Naive(connection);
      BooleanSupplier yes = () -> true;
      assertThat(seesOldRows(plain, naive, naive::forget, yes, yes, Duration.ofMinutes(2)))
          .as("a cache that only forgets")
          .isTrue();
    }
    try (QueryMonitor monitor =
        QueryMonitor.builder()
            .config(QueryMonitorConfig.builder().logSlow(false).minRepeats(0).build())
            .build()) {
      DataSource database = monitor.wrap(plain);
      QueryCache cache = QueryCache.create(database);
      CachedQuery<Long> query = cache.query(READ, row -> row.getLong(1));
      Duration time =
          Duration.ofSeconds(Math.max(1, Integer.getInteger("perf.chaos.seconds", 5) / 2));

      AtomicLong hits = new AtomicLong();
      BooleanSupplier hitAgain = () -> hits.getAndSet(cache.stats().hits()) < cache.stats().hits();
      BooleanSupplier hit = () -> cache.stats().hits() > 0;

      assertThat(seesOldRows(database, () -> query.list().get(0), () -> {}, hitAgain, hit, time))
          .isFalse();
      assertThat(cache.stats().hits()).isPositive();
      assertThat(cache.stats().loads()).isPositive();
    }
  }
}
