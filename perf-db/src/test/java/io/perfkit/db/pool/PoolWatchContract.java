package io.perfkit.db.pool;

import static io.perfkit.db.pool.Pools.SOON;
import static io.perfkit.db.pool.Pools.async;
import static io.perfkit.db.pool.Pools.get;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.perfkit.db.internal.DelegatingDataSource;
import io.perfkit.testing.Await;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** What a pool finds out about itself and its callers. */
abstract class PoolWatchContract {
  abstract PoolDatabase database();

  @Test
  void countsWhatIsInUseWhatIsIdleAndWhoWaits() throws Exception {
    try (PoolManager pool = open()) {
      List<Connection> held = Pools.take(pool.dataSource(), 4);
      CompletableFuture<Connection> waiter = async("waiter", pool.dataSource()::getConnection);
      Await.until("one waits", SOON, () -> pool.stats().waiting() == 1);

      assertThat(pool.stats().active()).isEqualTo(4);
      assertThat(pool.stats().size()).isEqualTo(4);
      assertThat(pool.health().exhausted()).isTrue();

      held.remove(0).close();
      held.add(get(waiter));
      Pools.close(held);
      Await.until("all are idle", SOON, () -> pool.stats().idle() == 4);
      PoolStats stats = pool.stats();
      assertThat(stats.acquires()).isEqualTo(5);
      assertThat(stats.acquireFailures()).isZero();
      assertThat(pool.health().healthy()).isTrue();
      Await.until("it was timed", SOON, () -> !pool.stats().acquireP99().isZero());
      assertThat(pool.stats().acquireP99()).isGreaterThanOrEqualTo(pool.stats().acquireP50());
    }
  }

  @Test
  void aCallerThatTimesOutIsCounted() throws Exception {
    PoolConfig config =
        Pools.config()
            .size(1)
            .minIdle(1)
            .warmUp(SOON) // so that the first caller waits for nothing
            .acquireTimeout(Duration.ofMillis(250))
            .build();
    try (PoolManager pool = PoolManager.builder(database().source()).config(config).build();
        Connection held = pool.dataSource().getConnection()) {
      CompletableFuture<Connection> late = async("late", pool.dataSource()::getConnection);

      Await.until("it timed out", SOON, late::isCompletedExceptionally);

      assertThat(pool.stats().acquireFailures()).isEqualTo(1);
      assertThat(Pools.one(held)).isEqualTo(1);
    }
  }

  @Test
  void whoTimesOutIsToldWhyNobodyCanConnectNow() {
    AtomicReference<String> state = new AtomicReference<>("08001");
    PoolConfig config =
        Pools.config()
            .acquireTimeout(Duration.ofMillis(250))
            .outageAfter(Duration.ofHours(1))
            .build();
    try (PoolManager pool = PoolManager.builder(refusing(state)).config(config).build()) {
      for (String why : List.of("08001", "57P03", "28000", "53300", "08006")) {
        state.set(why);
        Await.until(why + " is told", SOON, () -> whyTimedOut(pool.dataSource()).equals(why));
      }
    }
  }

  private DataSource refusing(AtomicReference<String> state) {
    return new DelegatingDataSource(database().source()) {
      @Override
      public Connection getConnection() throws SQLException {
        throw new SQLException("refused", state.get());
      }

      @Override
      public Connection getConnection(String user, String password) throws SQLException {
        return getConnection();
      }
    };
  }

  private static String whyTimedOut(DataSource source) {
    try (Connection connection = source.getConnection()) {
      throw new AssertionError(connection);
    } catch (SQLException timedOut) {
      return timedOut.getCause() instanceof SQLException why ? why.getSQLState() : "";
    }
  }

  @Test
  void aLeakSuspectIsToldOnceWithTheStackOfNowAndTheLastStatement() throws Exception {
    Queue<LeakSuspect> told = new ConcurrentLinkedQueue<>();
    CountDownLatch release = new CountDownLatch(1);
    PoolConfig config = Pools.config().leakAfter(Duration.ofMillis(200)).build();
    try (PoolManager pool =
        PoolManager.builder(database().source())
            .config(config)
            .lastStatement(connection -> Optional.of("SELECT ?"))
            .listener(
                new PoolListener() {
                  @Override
                  public void onLeakSuspect(LeakSuspect suspect) {
                    told.add(suspect);
                  }
                })
            .build()) {
      CompletableFuture<Void> holder =
          async("forgetful", () -> holdUntil(release, pool.dataSource()));
      Await.until("it is suspected", SOON, () -> !told.isEmpty());

      LeakSuspect suspect = told.element();
      assertThat(suspect.thread()).isEqualTo("forgetful");
      assertThat(suspect.threadEnded()).isFalse();
      assertThat(suspect.held()).isGreaterThanOrEqualTo(Duration.ofMillis(200));
      assertThat(suspect.lastStatement()).isEqualTo("SELECT ?");
      assertThat(suspect.stack()).anyMatch(frame -> frame.getMethodName().equals("holdUntil"));
      assertThat(pool.leakSuspects()).hasSize(1);
      assertThat(pool.health().healthy()).isTrue();
      assertThat(pool.health().warnings()).containsExactly("leak suspects: 1");

      release.countDown();
      get(holder);
      Await.until("none is left", SOON, () -> pool.stats().leakSuspects() == 0);
      assertThat(told).hasSize(1);
      assertThat(pool.leakSuspects()).isEmpty();
    }
  }

  @Test
  void aLeakIsFoundAfterAnyNumberOfConnectionsThatCameBack() throws Exception {
    PoolConfig config = Pools.config().leakAfter(Duration.ofMillis(1)).build();
    try (PoolManager pool = PoolManager.builder(database().source()).config(config).build()) {
      for (int i = 0; i < 10 * config.maxSize(); i++) {
        pool.dataSource().getConnection().close();
      }
      assertThat(pool.leakSuspects()).isEmpty();

      try (Connection leaked = pool.dataSource().getConnection()) {
        Await.until("it is found", SOON, () -> pool.leakSuspects().size() == 1);
        assertThat(leaked.isClosed()).isFalse();
      }
      assertThat(pool.leakSuspects()).isEmpty();
    }
  }

  @Test
  void aHolderThatEndedIsCalledSo() throws Exception {
    PoolConfig config = Pools.config().leakAfter(Duration.ofMillis(100)).build();
    try (PoolManager pool = PoolManager.builder(database().source()).config(config).build()) {
      Connection leaked = get(async("gone", pool.dataSource()::getConnection));

      Await.until("it is suspected", SOON, () -> pool.leakSuspects().size() == 1);

      Await.until("its end is seen", SOON, () -> pool.leakSuspects().get(0).threadEnded());
      assertThat(pool.leakSuspects().get(0).stack()).isEmpty();
      leaked.close();
    }
  }

  @Test
  void aConnectionClosedThroughItsStatementIsNoLeakAndNoNesting() throws Exception {
    PoolConfig config = Pools.config().leakAfter(Duration.ofMillis(1)).build();
    try (PoolManager pool = PoolManager.builder(database().source()).config(config).build()) {
      Connection connection = pool.dataSource().getConnection();
      try (Statement statement = connection.createStatement()) {
        statement.getConnection().close();
      }

      assertThat(pool.leakSuspects()).isEmpty();
      pool.dataSource().getConnection().close();
      assertThat(pool.stats().nestedAcquires()).isZero();
      assertThat(connection.isClosed()).isTrue();
      connection.close();
      pool.dataSource().getConnection().close();
      assertThat(pool.stats().nestedAcquires()).isZero();
    }
  }

  @Test
  void anAbortedConnectionLeavesItsPlaceToAnother() throws Exception {
    PoolConfig config = Pools.config().size(1).minIdle(1).build();
    try (PoolManager pool = PoolManager.builder(database().source()).config(config).build()) {
      Connection aborted = pool.dataSource().getConnection();
      aborted.abort(Runnable::run);

      assertThat(aborted.isClosed()).isTrue();
      aborted.close();
      try (Connection next = pool.dataSource().getConnection()) {
        assertThat(Pools.one(next)).isEqualTo(1);
      }
      assertThat(pool.stats().nestedAcquires()).isZero();
    }
  }

  @Test
  void nestedCallersThatHoldEverythingAreServed() throws Exception {
    int callers = 4;
    try (PoolManager pool = open()) {
      CyclicBarrier allHoldOne = new CyclicBarrier(callers);
      List<CompletableFuture<Integer>> nesting = new ArrayList<>();
      for (int i = 0; i < callers; i++) {
        nesting.add(
            async(
                "nesting-" + i,
                () -> {
                  try (Connection outer = pool.dataSource().getConnection()) {
                    allHoldOne.await();
                    try (Connection inner = pool.dataSource().getConnection()) {
                      return Pools.one(outer) + Pools.one(inner);
                    }
                  }
                }));
      }

      // With as many connections as callers, and one per caller taken, each would wait for ever.
      Await.until(
          "all are through", SOON, () -> nesting.stream().allMatch(CompletableFuture::isDone));

      for (CompletableFuture<Integer> each : nesting) {
        assertThat(get(each)).isEqualTo(2);
      }
      assertThat(pool.stats().nestedAcquires()).isEqualTo(callers);
      assertThat(pool.stats().maxNesting()).isEqualTo(2);
      assertThat(pool.stats().minSize()).isEqualTo(callers + 1);
      assertThat(pool.health().deadlockPossible()).isFalse();
    }
  }

  @Test
  void aPoolThatGrewForNestedCallersReturnsToItsSize() throws Exception {
    AtomicLong later = new AtomicLong();
    try (PoolManager pool =
        PoolManager.builder(database().source())
            .config(Pools.config().build())
            .nanos(() -> System.nanoTime() + later.get())
            .build()) {
      List<Connection> nested = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        nested.add(pool.dataSource().getConnection()); // the fifth needs more than the size
      }
      assertThat(pool.stats().size()).isEqualTo(5);
      Pools.close(nested);
      assertThat(pool.stats().minSize()).isEqualTo(5);

      Await.until(
          "the nesting is forgotten",
          SOON,
          () -> {
            later.addAndGet(NestedAcquires.PERIOD_NANOS);
            return pool.stats().minSize() == 1;
          });

      Await.until("it has its size again", SOON, () -> pool.stats().size() == 4);
      Await.until("so many are open", SOON, () -> pool.stats().idle() <= 4);
      pool.resize(2);
      assertThat(pool.stats().size()).isEqualTo(2);
    }
  }

  @Test
  void nestingThatTheMaximumCannotServeIsAWarning() throws Exception {
    PoolConfig config = Pools.config().size(2).minIdle(0).maxSize(2).build();
    Queue<Connection> held = new ConcurrentLinkedQueue<>();
    try (PoolManager pool = PoolManager.builder(database().source()).config(config).build()) {
      CyclicBarrier bothHoldOne = new CyclicBarrier(2);
      List<CompletableFuture<Object>> nesting = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        nesting.add(
            async(
                "nesting-" + i,
                () -> {
                  try (Connection outer = pool.dataSource().getConnection()) {
                    held.add(outer);
                    bothHoldOne.await();
                    pool.dataSource().getConnection().close();
                    return outer;
                  }
                }));
      }

      Await.until("it warns", SOON, () -> pool.health().deadlockPossible());
      assertThat(pool.health().warnings())
          .contains("nested acquires could block each other even at the maximum size");

      held.remove().close(); // which lets one go on, and then the other
      Await.until("it is over", SOON, () -> nesting.stream().allMatch(CompletableFuture::isDone));
    }
  }

  @Test
  void aBusyPoolRaisesTheAlertAndACalmOneClearsIt() throws Exception {
    Queue<UtilisationAlert> told = new ConcurrentLinkedQueue<>();
    PoolConfig config =
        Pools.config()
            .utilisation(
                UtilisationRule.builder().window(Duration.ofMillis(100)).hits(2).windows(3).build())
            .build();
    try (PoolManager pool =
        PoolManager.builder(database().source())
            .config(config)
            .listener(
                new PoolListener() {
                  @Override
                  public void onUtilisation(UtilisationAlert alert) {
                    told.add(alert);
                    throw new IllegalStateException("a listener that fails");
                  }
                })
            .build()) {
      List<Connection> held = Pools.take(pool.dataSource(), 4);
      Await.until("the alert is raised", SOON, () -> pool.stats().alert());
      assertThat(pool.stats().utilisation()).isGreaterThanOrEqualTo(0.8);
      assertThat(pool.health().warnings()).containsExactly("the utilisation alert is raised");

      Pools.close(held);
      Await.until("the alert is cleared", SOON, () -> !pool.stats().alert());

      Await.until("both were told", SOON, () -> told.size() == 2);
      assertThat(told).extracting(UtilisationAlert::raised).containsExactly(true, false);
    }
  }

  @Test
  void unwrapLeadsToHikariAndTheDriver() throws Exception {
    try (PoolManager pool = open()) {
      DataSource source = pool.dataSource();
      assertThat(source.isWrapperFor(HikariDataSource.class)).isTrue();
      assertThat(source.unwrap(HikariDataSource.class).getPoolName()).isEqualTo("test");
      assertThat(source.unwrap(DataSource.class)).isSameAs(source);
      Class<? extends DataSource> driver = database().source().getClass();
      assertThat(source.isWrapperFor(driver)).isTrue();
      assertThat(source.unwrap(driver)).isInstanceOf(driver);
      assertThat(source.isWrapperFor(String.class)).isFalse();
      try (Connection connection = source.getConnection()) {
        assertThat(connection.unwrap(Connection.class)).isSameAs(connection);
        try (Connection direct = database().source().getConnection()) {
          Class<? extends Connection> own = direct.getClass();
          assertThat(connection.isWrapperFor(own)).isTrue();
          assertThat(Pools.one(connection.unwrap(own))).isEqualTo(1);
        }
        assertThat(connection.isWrapperFor(String.class)).isFalse();
      }
    }
  }

  private static Void holdUntil(CountDownLatch release, DataSource source) throws Exception {
    try (Connection connection = source.getConnection()) {
      release.await();
      assertThat(Pools.one(connection)).isEqualTo(1);
    }
    return null;
  }

  private PoolManager open() {
    return PoolManager.builder(database().source()).config(Pools.config().build()).build();
  }
}
