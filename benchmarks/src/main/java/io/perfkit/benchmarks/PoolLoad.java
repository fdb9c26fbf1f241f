package io.perfkit.benchmarks;

import io.perfkit.db.pool.PoolConfig;
import io.perfkit.db.pool.PoolManager;
import io.perfkit.db.pool.TunerConfig;
import io.perfkit.testing.PostgresProcess;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import javax.sql.DataSource;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * More callers than connections, in front of a PostgreSQL of its own. A transaction waits 2 ms as
 * if for a disk, changes a row that all of them change, and computes before it commits: so more
 * connections help until the processors or the row are busy, and harm after that.
 */
@State(Scope.Benchmark)
public class PoolLoad {
  static final int CEILING = 80;
  private static final int CALLERS = 96;
  private static final int[] FIXED = {2, 4, 8, 12, 16, 24, 32, 48, 64, 80};
  private static final double COUNTED_SECONDS_MAX = 5;
  private static final String TRANSACTION =
      """
      BEGIN;
      SELECT pg_sleep(0.002);
      UPDATE hot SET n = n + 1 WHERE id = 1;
      SELECT sum(i) FROM generate_series(1, 1000) i;
      COMMIT""";

  private final PostgresProcess postgres = PostgresProcess.start();

  /** Says the size after a transaction. */
  interface SizeRule {
    /**
     * The next size.
     *
     * @param waited nanoseconds for the connection
     * @param held nanoseconds of the transaction
     * @param active transactions at that time
     */
    int next(int size, long waited, long held, int active);
  }

  @Setup
  public void createTable() throws SQLException {
    try (Connection connection = database().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE hot (id int PRIMARY KEY, n bigint) WITH (fillfactor = 10)");
      statement.execute("INSERT INTO hot VALUES (1, 0)");
    }
  }

  @TearDown
  public void stop() {
    postgres.close();
  }

  /** The most that one of the fixed sizes did, each measured for that long. */
  double bestFixed(double secondsEach) throws InterruptedException {
    double best = 0;
    for (int size : FIXED) {
      try (PoolManager pool = PoolManager.builder(database()).config(config(size)).build()) {
        best = Math.max(best, run(pool, secondsEach / 2, secondsEach, (n, w, h, a) -> n, false));
      }
    }
    return best;
  }

  /** With our tuner. */
  double tuned(int start, double seconds) throws InterruptedException {
    TunerConfig quick =
        TunerConfig.builder().window(Duration.ofMillis(200)).minCompletions(100).build();
    try (PoolManager pool =
        PoolManager.builder(database()).config(config(start)).tuner(quick).build()) {
      return run(pool, seconds, counted(seconds), (n, w, h, a) -> n, false);
    }
  }

  /** With another rule, whose size is set fifty times a second. */
  double ruled(int start, double seconds, SizeRule rule) throws InterruptedException {
    try (PoolManager pool = PoolManager.builder(database()).config(config(start)).build()) {
      return run(pool, seconds, counted(seconds), rule, true);
    }
  }

  private static double counted(double seconds) {
    return Math.min(seconds, COUNTED_SECONDS_MAX);
  }

  private static double run(
      PoolManager pool, double before, double counted, SizeRule rule, boolean resizes)
      throws InterruptedException {
    AtomicBoolean stop = new AtomicBoolean();
    LongAdder done = new LongAdder();
    AtomicInteger active = new AtomicInteger();
    AtomicInteger size = new AtomicInteger(pool.sizing().size());
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      Thread caller =
          new Thread(
              () -> {
                while (!stop.get()) {
                  long asked = System.nanoTime();
                  try (Connection connection = pool.dataSource().getConnection();
                      Statement statement = connection.createStatement()) {
                    long begun = System.nanoTime();
                    int now = active.incrementAndGet();
                    statement.execute(TRANSACTION);
                    active.decrementAndGet();
                    long ended = System.nanoTime();
                    done.increment();
                    size.set(
                        Math.min(
                            CEILING, rule.next(size.get(), begun - asked, ended - begun, now)));
                  } catch (SQLException e) {
                    throw new IllegalStateException("the load failed", e);
                  }
                }
              });
      caller.setDaemon(true);
      caller.start();
      callers.add(caller);
    }
    long start = System.nanoTime();
    long from = start + (long) (before * 1e9);
    long to = from + (long) (counted * 1e9);
    long doneBefore = 0;
    boolean counting = false;
    for (long now = start; now < to; now = System.nanoTime()) {
      if (resizes && size.get() != pool.stats().size()) {
        pool.resize(Math.max(1, size.get()));
      }
      if (!counting && now >= from) {
        counting = true;
        doneBefore = done.sum();
        from = now;
      }
      TimeUnit.MILLISECONDS.sleep(20); // it is time itself that is waited for
    }
    double seconds = (System.nanoTime() - from) / 1e9;
    double perSecond = (done.sum() - doneBefore) / seconds;
    stop.set(true);
    for (Thread caller : callers) {
      caller.join();
    }
    return perSecond;
  }

  private static PoolConfig config(int size) {
    return PoolConfig.builder(16)
        .maxSize(CEILING)
        .size(size)
        .minIdle(size)
        .acquireTimeout(Duration.ofMinutes(1))
        .build();
  }

  private DataSource database() {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(postgres.jdbcUrl("postgres"));
    source.setUser(postgres.user());
    source.setPassword(postgres.password());
    return source;
  }
}
