package io.perfkit.db.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.db.internal.DelegatingDataSource;
import io.perfkit.testing.Await;
import io.perfkit.testing.Pace;
import io.perfkit.testing.ThreadLeaks;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** What a pool opens before it is handed out, and by when. */
abstract class WarmUpContract {
  abstract PoolDatabase database();

  @Test
  void hasItsConnectionsBeforeItIsHandedOut() throws Exception {
    DataSource source = database().source();
    PoolConfig config = warm(20).build();
    try (PoolManager pool = PoolManager.builder(source).config(config).build()) {
      WarmUp warmUp = pool.coldStart();

      assertThat(warmUp.complete()).isTrue();
      assertThat(warmUp.wanted()).isEqualTo(20);
      assertThat(warmUp.failures()).isZero();
      assertThat(warmUp.elapsed()).isPositive();
      assertThat(pool.stats().idle()).isEqualTo(20);
      assertThat(database().sessions()).isEqualTo(20); // and none on the way
      List<Connection> taken = Pools.take(pool.dataSource(), 20);
      for (Connection connection : taken) {
        assertThat(Pools.one(connection)).isEqualTo(1);
      }
      Pools.close(taken);
    }
    database().awaitSessions(0);
  }

  @Test
  void warmsMoreLaterWhileCallersGoOn() throws Exception {
    PoolConfig config = warm(2).size(16).build();
    try (PoolManager pool = PoolManager.builder(database().source()).config(config).build()) {
      List<Connection> held = Pools.take(pool.dataSource(), 2);
      CompletableFuture<Connection> caller =
          Pools.async("caller", () -> pool.dataSource().getConnection());

      WarmUp warmUp = pool.warmUp(16, Duration.ofSeconds(20));

      assertThat(warmUp.complete()).isTrue();
      held.add(Pools.get(caller));
      assertThat(pool.stats().active() + pool.stats().idle()).isEqualTo(16);
      Pools.close(held);
      assertThatThrownBy(() -> pool.warmUp(17, Duration.ofSeconds(1)))
          .hasMessage("connections: 17 (expected: 1 to size 16)");
    }
  }

  @Test
  void leavesNoThreadBehind() {
    ThreadLeaks.assertNone(
        "perf-db-",
        () -> PoolManager.builder(database().source()).config(warm(8).build()).build().close());
  }

  @Test
  void waitsForWhatHikariHasFetchedAndNotAddedYet() {
    DataSource database = database().source();
    DataSource slow =
        new DelegatingDataSource(database) {
          @Override
          public Connection getConnection() throws SQLException {
            return slow(database.getConnection());
          }

          @Override
          public Connection getConnection(String user, String password) throws SQLException {
            return database.getConnection(user, password);
          }
        };
    try (PoolManager pool = PoolManager.builder(slow).config(warm(3).build()).build()) {
      assertThat(pool.coldStart().ready()).isEqualTo(3);
    }
  }

  /** HikariCP asks a connection some questions before it adds it. */
  private static Connection slow(Connection connection) {
    return (Connection)
        Proxy.newProxyInstance(
            WarmUpContract.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (self, method, arguments) -> {
              if (method.getName().equals("getAutoCommit")) {
                Pace.pause(Duration.ofMillis(50));
              }
              try {
                return method.invoke(connection, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Test
  void opensEightSideBySideAndNoMore() throws Exception {
    CountDownLatch eight = new CountDownLatch(1 + WarmUpRun.OPENERS_MAX);
    AtomicInteger open = new AtomicInteger();
    AtomicInteger openMax = new AtomicInteger();
    DataSource source =
        asked(
            () -> {
              openMax.accumulateAndGet(open.incrementAndGet(), Math::max);
              eight.countDown();
              if (eight.getCount() < WarmUpRun.OPENERS_MAX) { // the first one is alone
                eight.await();
              }
              open.decrementAndGet();
            });
    CompletableFuture<PoolManager> building =
        Pools.async("builder", () -> PoolManager.builder(source).config(warm(20).build()).build());

    try (PoolManager pool = Pools.get(building)) {
      assertThat(pool.coldStart().complete()).isTrue();
      assertThat(openMax).hasValue(WarmUpRun.OPENERS_MAX);
    } finally {
      while (eight.getCount() > 0) {
        eight.countDown();
      }
    }
  }

  @Test
  void endsAtItsDeadlineThoughTheDatabaseHangs() throws Exception {
    CountDownLatch answers = new CountDownLatch(1);
    Duration deadline = Duration.ofSeconds(5); // enough for the two that are answered
    PoolConfig config = warm(6).warmUp(deadline).build();
    try {
      CompletableFuture<PoolManager> building =
          Pools.async(
              "builder",
              () -> PoolManager.builder(hangingAfter(2, answers)).config(config).build());

      WarmUp warmUp;
      try (PoolManager pool = Pools.get(building)) {
        warmUp = pool.coldStart();
        Await.until("what is open is idle", Pools.SOON, () -> pool.stats().idle() == 2);
        answers.countDown();
      }

      assertThat(warmUp.ready()).isEqualTo(2);
      assertThat(warmUp.complete()).isFalse();
      assertThat(warmUp.elapsed()).isBetween(deadline, Pools.SOON);
    } finally {
      answers.countDown();
    }
    database().awaitSessions(0); // what was opened too late is closed
  }

  @Test
  void aCallerIsServedByWhatAWarmUpHasOpened() throws Exception {
    CountDownLatch answers = new CountDownLatch(1);
    int asked = 1; // and closed again, since nothing is warmed at the start
    PoolConfig config = warm(6).minIdle(0).warmUp(Duration.ZERO).build();
    try (PoolManager pool =
        PoolManager.builder(hangingAfter(asked + 2, answers)).config(config).build()) {
      CompletableFuture<WarmUp> warming =
          Pools.async("warming", () -> pool.warmUp(6, Duration.ofMinutes(10)));
      Await.until("it holds what is open", Pools.SOON, () -> pool.stats().active() == 2);

      Connection served = Pools.get(Pools.async("caller", pool.dataSource()::getConnection));

      assertThat(warming).isNotDone();
      served.close();
      answers.countDown();
      assertThat(Pools.get(warming).complete()).isTrue();
    } finally {
      answers.countDown();
    }
  }

  private DataSource hangingAfter(int connections, CountDownLatch answers) {
    AtomicInteger left = new AtomicInteger(connections);
    return asked(
        () -> {
          if (left.getAndDecrement() <= 0) {
            answers.await();
          }
        });
  }

  private interface Before {
    void connect() throws InterruptedException;
  }

  /** The database, which does something before it lets anybody connect. */
  private DataSource asked(Before before) {
    DataSource database = database().source();
    return new DelegatingDataSource(database) {
      @Override
      public Connection getConnection() throws SQLException {
        try {
          before.connect();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        return database.getConnection();
      }

      @Override
      public Connection getConnection(String user, String password) throws SQLException {
        return database.getConnection(user, password);
      }
    };
  }

  static PoolConfig.Builder warm(int connections) {
    return Pools.config()
        .maxSize(32)
        .size(connections)
        .minIdle(connections)
        .warmUp(Duration.ofSeconds(20));
  }
}
