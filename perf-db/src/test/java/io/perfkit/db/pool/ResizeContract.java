package io.perfkit.db.pool;

import static io.perfkit.db.pool.Pools.SOON;
import static io.perfkit.db.pool.Pools.async;
import static io.perfkit.db.pool.Pools.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.perfkit.db.internal.DelegatingConnection;
import io.perfkit.db.internal.DelegatingDataSource;
import io.perfkit.testing.Await;
import io.perfkit.testing.ThreadLeaks;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** A pool changes its size under load. Quotes the invariants of {@link Resizer}. */
abstract class ResizeContract {
  abstract PoolDatabase database();

  private static final int HELD = 4;
  private static final int PARKED = 8;
  private static final long CHAOS_SECONDS = Long.getLong("perf.chaos.seconds", 5);

  @Test
  void callersThatWaitAreServedSoonAfterItGrows() throws Exception {
    try (PoolManager pool = PoolManager.builder(database().source()).config(config()).build()) {
      List<Connection> held = Pools.take(pool.dataSource(), HELD);
      List<CompletableFuture<Connection>> parked = park(pool.dataSource(), PARKED);
      Await.until("all wait", SOON, () -> pool.stats().waiting() == PARKED);

      pool.resize(HELD + PARKED); // R3

      // HikariCP itself would need until its housekeeper's next round, 30 s after the last one.
      Await.until(
          "all are served", SOON, () -> parked.stream().allMatch(CompletableFuture::isDone));
      for (CompletableFuture<Connection> served : parked) {
        held.add(get(served));
      }
      Pools.close(held);
    }
  }

  /** What the resizer is for: HikariCP told the same through its MXBean leaves them waiting. */
  @Test
  void hikariItselfLeavesThemWaiting() throws Exception {
    HikariConfig settings = new HikariConfig();
    settings.setDataSource(database().source());
    settings.setMaximumPoolSize(HELD);
    try (HikariDataSource pool = new HikariDataSource(settings)) {
      List<Connection> held = Pools.take(pool, HELD);
      List<CompletableFuture<Connection>> parked = park(pool, PARKED);
      Await.until(
          "all wait",
          SOON,
          () -> pool.getHikariPoolMXBean().getThreadsAwaitingConnection() == PARKED);

      pool.getHikariConfigMXBean().setMaximumPoolSize(HELD + PARKED);

      assertThatThrownBy(
              () ->
                  Await.until(
                      "all are served",
                      Duration.ofSeconds(2),
                      () -> parked.stream().allMatch(CompletableFuture::isDone)))
          .isInstanceOf(AssertionError.class);
      Pools.close(held);
      List<CompletableFuture<Void>> ended =
          parked.stream().map(waiter -> waiter.thenAccept(ResizeContract::giveBack)).toList();
      for (CompletableFuture<Void> end : ended) {
        get(end);
      }
    }
  }

  @Test
  void surplusIdleConnectionsAreClosedAtOnceWhenItShrinks() throws Exception {
    DataSource source = database().source();
    try (PoolManager pool = PoolManager.builder(source).config(config()).build()) {
      pool.resize(12);
      Pools.close(Pools.take(pool.dataSource(), 12));
      database().awaitSessions(12);

      pool.resize(3);

      database().awaitSessions(3);
      assertThat(pool.stats().idle()).isEqualTo(3);
    }
  }

  @Test
  void aConnectionInUseSurvivesAShrinkAndIsClosedWhenItComesBack() throws Exception {
    DataSource source = database().source();
    try (PoolManager pool = PoolManager.builder(source).config(config()).build()) {
      pool.resize(10);
      List<Connection> held = Pools.take(pool.dataSource(), 10);

      pool.resize(1);

      for (int i = 0; i < 10; i++) {
        for (Connection connection : held) {
          assertThat(Pools.one(connection)).isEqualTo(1); // R1
        }
      }
      Pools.close(held);
      database().awaitSessions(1);
    }
  }

  @Test
  void shrinksWhileCallersWaitAndNoConnectionIsEverIdle() throws Exception {
    DataSource source = database().source();
    AtomicBoolean stop = new AtomicBoolean();
    try (PoolManager pool = PoolManager.builder(source).config(config()).build()) {
      pool.resize(12);
      List<CompletableFuture<Void>> callers = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        callers.add(async("caller-" + i, () -> callUntil(stop, pool.dataSource())));
      }
      database().awaitSessions(12);

      pool.resize(3);

      database().awaitSessions(3);
      stop.set(true);
      for (CompletableFuture<Void> caller : callers) {
        get(caller);
      }
      assertThat(pool.stats().acquireFailures()).isZero();
    }
  }

  @Test
  void whatIsRetiredIsRolledBackBeforeItsHolderGoesOn() throws Exception {
    AtomicBoolean slow = new AtomicBoolean();
    try (PoolManager pool = PoolManager.builder(closing(slow)).config(config()).build()) {
      List<Connection> held = Pools.take(pool.dataSource(), 3);
      Connection writing = held.get(0);
      try (Statement statement = writing.createStatement()) {
        statement.execute("CREATE TABLE half_done (id int PRIMARY KEY, n int)");
        statement.execute("INSERT INTO half_done VALUES (1, 0)");
        writing.setAutoCommit(false);
        statement.execute("UPDATE half_done SET n = 5"); // locks the row
      }
      pool.resize(1);
      held.get(2).close();
      Await.until(
          "one is ended, and so another one is known to be surplus",
          SOON,
          () -> pool.stats().active() + pool.stats().idle() == 2);
      slow.set(true);

      writing.close();

      assertThat(writing.isClosed()).isTrue();
      writing.close();
      try (Statement statement = held.get(1).createStatement()) {
        assertThat(statement.execute("SELECT n FROM half_done WHERE n = 0 FOR UPDATE NOWAIT"))
            .isTrue();
        assertThat(statement.getResultSet().next()).isTrue();
      }
      held.get(1).close();
      slow.set(false);
    } finally {
      slow.set(false);
    }
  }

  /** HikariCP closes on a thread of its own, which may take its time. */
  private DataSource closing(AtomicBoolean slow) {
    DataSource database = database().source();
    return new DelegatingDataSource(database) {
      @Override
      public Connection getConnection() throws SQLException {
        return new DelegatingConnection(database.getConnection()) {
          @Override
          public void close() throws SQLException {
            Await.until("it may be closed", SOON, () -> !slow.get());
            delegate.close();
          }

          @Override
          public boolean isClosed() throws SQLException {
            return delegate.isClosed();
          }

          @Override
          public void abort(Executor executor) throws SQLException {
            delegate.abort(executor);
          }
        };
      }

      @Override
      public Connection getConnection(String user, String password) throws SQLException {
        return database.getConnection(user, password);
      }
    };
  }

  @Test
  void noCallerLosesItsConnectionOrItsTurnWhileTheSizeChangesAllTheTime() throws Exception {
    Random random = new Random(20261120);
    AtomicBoolean stop = new AtomicBoolean();
    AtomicLong served = new AtomicLong();
    try (PoolManager pool = PoolManager.builder(database().source()).config(config()).build()) {
      List<CompletableFuture<Void>> callers = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        callers.add(
            async(
                "caller-" + i,
                () -> {
                  while (!stop.get()) {
                    try (Connection connection = pool.dataSource().getConnection()) {
                      assertThat(Pools.one(connection)).isEqualTo(1); // R1, R2
                      assertThat(Pools.one(connection)).isEqualTo(1);
                    }
                    served.incrementAndGet();
                  }
                  return null;
                }));
      }
      long start = System.nanoTime();
      while (System.nanoTime() - start < Duration.ofSeconds(CHAOS_SECONDS).toNanos() / 2) {
        long before = served.get();
        pool.resize(1 + random.nextInt(16));
        Await.until("the callers go on", SOON, () -> served.get() > before + 50);
      }
      stop.set(true);
      for (CompletableFuture<Void> caller : callers) {
        get(caller);
      }
      assertThat(pool.stats().acquireFailures()).isZero();
    }
  }

  @Test
  void closesInTheMiddleOfAResizeAndLeavesNothing() {
    DataSource source = database().source();
    PoolConfig closing =
        Pools.config().name("closing").acquireTimeout(Duration.ofMillis(250)).build();
    ThreadLeaks.assertNone(
        "closing", // HikariCP's
        () ->
            ThreadLeaks.assertNone(
                "perf-db-",
                () -> {
                  for (int i = 0; i < 3; i++) {
                    PoolManager pool = PoolManager.builder(source).config(closing).build();
                    List<CompletableFuture<Connection>> parked = park(pool.dataSource(), 16);
                    pool.resize(16);
                    pool.close();
                    Await.until(
                        "no caller waits",
                        SOON,
                        () -> parked.stream().allMatch(CompletableFuture::isDone));
                    pool.close();
                  }
                }));
  }

  @Test
  void sizesOutOfBoundsAreRefused() {
    PoolManager pool = PoolManager.builder(database().source()).config(config()).build();
    assertThatThrownBy(() -> pool.resize(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("connections: 0 (expected: 1 to 16)");
    assertThatThrownBy(() -> pool.resize(17)).hasMessage("connections: 17 (expected: 1 to 16)");
    pool.close();
    assertThatThrownBy(() -> pool.resize(4)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> pool.dataSource().getConnection())
        .isInstanceOf(SQLException.class)
        .hasMessage("pool 'test' is closed");
  }

  @Test
  void closeWaitsForWhatIsInUse() throws Exception {
    PoolConfig config = Pools.config().drain(Duration.ofSeconds(20)).build();
    PoolManager pool = PoolManager.builder(database().source()).config(config).build();
    Connection inUse = pool.dataSource().getConnection();

    CompletableFuture<Void> closing =
        async(
            "closer",
            () -> {
              pool.close();
              return null;
            });
    Await.until(
        "it hands out no more",
        SOON,
        () -> {
          try {
            pool.dataSource().getConnection().close();
            return false;
          } catch (SQLException e) {
            return true;
          }
        });

    assertThat(Pools.one(inUse)).isEqualTo(1);
    assertThat(closing).isNotDone();
    inUse.close();
    get(closing);
  }

  private static Void callUntil(AtomicBoolean stop, DataSource source) throws SQLException {
    while (!stop.get()) {
      try (Connection connection = source.getConnection()) {
        assertThat(Pools.one(connection)).isEqualTo(1);
      }
    }
    return null;
  }

  private static PoolConfig config() {
    return Pools.config().build();
  }

  private static List<CompletableFuture<Connection>> park(DataSource source, int count) {
    List<CompletableFuture<Connection>> parked = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      parked.add(async("parked-" + i, source::getConnection));
    }
    return parked;
  }

  private static void giveBack(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new AssertionError("giving back", e);
    }
  }
}
