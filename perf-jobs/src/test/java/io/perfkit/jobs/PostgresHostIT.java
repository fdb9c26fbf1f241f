package io.perfkit.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Jobs among the host's own transactions, pools and schemas. */
@RealPostgres
final class PostgresHostIT {
  record Order(long number) {}

  private static final JobType<Order> ORDER =
      JobType.of("order", Order.class).backoff(Backoff.fixed(Duration.ofMillis(5)));
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final AtomicInteger APPLICATIONS = new AtomicInteger();

  private final TestDatabase database;
  private final String application = "host-" + APPLICATIONS.incrementAndGet();
  private HikariDataSource pool;

  PostgresHostIT(TestDatabase database) {
    this.database = database;
  }

  @BeforeEach
  void open() {
    pool = Pools.of(database, 10, true);
    execute("create table if not exists orders (number bigint)");
    execute("truncate orders");
  }

  @AfterEach
  void close() {
    pool.close();
  }

  private void execute(String sql) {
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException failed) {
      throw new AssertionError(sql, failed);
    }
  }

  private long orders() {
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement();
        ResultSet count = statement.executeQuery("select count(*) from orders")) {
      count.next();
      return count.getLong(1);
    } catch (SQLException failed) {
      throw new AssertionError(failed);
    }
  }

  private static void insert(Connection connection, Order order) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("insert into orders values (" + order.number() + ")");
    }
  }

  private Jobs jobs() {
    return jobs(Duration.ofMillis(50));
  }

  private Jobs jobs(Duration poll) {
    return Jobs.builder(PostgresStore.create(pool, application))
        .config(JobsConfig.builder().poll(poll).lease(Duration.ofSeconds(2)).build())
        .build();
  }

  @Test
  void aJobIsThereIfAndOnlyIfTheHostsTransactionCommits() throws SQLException {
    try (Jobs jobs = jobs();
        Connection connection = pool.getConnection()) {
      connection.setAutoCommit(false);
      insert(connection, new Order(1));
      Enqueued rolledBack = jobs.enqueue(connection, ORDER, new Order(1));
      connection.rollback();
      assertThat(jobs.cancel(rolledBack.id())).isFalse();
      assertThat(jobs.audit().total().enqueued()).isZero();

      insert(connection, new Order(2));
      jobs.enqueue(connection, ORDER, new Order(2), o -> o.key("alice"));
      assertThat(jobs.audit().total().enqueued()).as("not committed by us").isZero();
      assertThat(connection.getAutoCommit()).isFalse();
      connection.commit();
      assertThat(jobs.audit().total().waiting()).isEqualTo(1);

      jobs.handle(ORDER, (order, context) -> {}).start();
      Await.until("it ran", SOON, () -> jobs.audit().total().done() == 1);
      connection.setAutoCommit(true);
      assertThatThrownBy(() -> jobs.enqueue(connection, ORDER, new Order(3)))
          .hasMessage("connection: commits by itself (expected: one in a transaction)");
    }
  }

  @Test
  void aKeyedJobOfATransactionThatSeesNoOthersIsFoundByTheMaintenance() throws SQLException {
    try (Jobs jobs = jobs();
        Connection connection = pool.getConnection()) {
      connection.setAutoCommit(false);
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      jobs.enqueue(connection, ORDER, new Order(1), o -> o.key("alice"));
      jobs.enqueue(connection, ORDER, new Order(2), o -> o.key("alice"));
      connection.commit();
      assertThat(connection.getTransactionIsolation())
          .isEqualTo(Connection.TRANSACTION_REPEATABLE_READ);
      jobs.handle(ORDER, (order, context) -> {}).start();
      Await.until("both ran", SOON, () -> jobs.audit().total().done() == 2);
    }
  }

  @Test
  void aJobIsDoneIfAndOnlyIfItsHandlersTransactionCommits() {
    AtomicInteger attempts = new AtomicInteger();
    try (Jobs jobs = jobs()) {
      jobs.handle(
              ORDER,
              (order, context) -> {
                try (Connection connection = pool.getConnection()) {
                  connection.setAutoCommit(false);
                  insert(connection, order);
                  context.completeIn(connection);
                  if (attempts.incrementAndGet() == 1) {
                    connection.rollback(); // as if the commit had failed; the handler returns
                  } else {
                    connection.commit();
                  }
                }
              })
          .start();
      jobs.enqueue(ORDER, new Order(7), o -> o.unique("order-7"));
      Await.until("it is done", SOON, () -> jobs.audit().total().done() == 1);
      assertThat(attempts).hasValue(2);
      assertThat(orders()).isEqualTo(1);
      Await.until("the second attempt is over", SOON, () -> jobs.stats().done() == 2);
      QueueCounts counts = jobs.audit().total();
      assertThat(counts.retried()).isEqualTo(1);
      assertThat(counts.stale()).as("no surprise").isZero();
      assertThat(jobs.audit().holds()).as("%s", jobs.audit()).isTrue();
      assertThat(jobs.enqueue(ORDER, new Order(7), o -> o.unique("order-7")).duplicate()).isFalse();
    }
  }

  @Test
  void handlersThatHoldEveryConnectionCostNoLease() throws Exception {
    JobsConfig config =
        JobsConfig.builder()
            .lease(Duration.ofMillis(600))
            .poll(Duration.ofMillis(20))
            .queue(QueueConfig.defaults().withWorkers(4))
            .build();
    CountDownLatch holding = new CountDownLatch(3);
    CountDownLatch release = new CountDownLatch(1);
    try (HikariDataSource small = Pools.of(database, 4, true);
        Jobs other = jobs();
        Jobs jobs = Jobs.builder(PostgresStore.create(small, application)).config(config).build()) {
      other.enqueueAll(ORDER, List.of(new Order(1), new Order(2), new Order(3)));
      jobs.handle(
              ORDER,
              (order, context) -> {
                try (Connection held = small.getConnection()) {
                  holding.countDown();
                  release.await();
                  assertThat(held.isClosed()).isFalse();
                }
              })
          .start();
      Await.until("all connections are held", SOON, () -> holding.getCount() == 0);
      other.handle(JobType.of("other", Order.class), (order, context) -> {}).start();
      long start = System.nanoTime();
      Await.until(
          "three leases pass",
          SOON,
          () -> System.nanoTime() - start > Duration.ofMillis(1_800).toNanos());
      release.countDown();
      Await.until("all done", SOON, () -> other.audit().total().done() == 3);
      QueueCounts counts = other.audit().total();
      assertThat(counts.rescued()).isZero();
      assertThat(counts.stale()).isZero();
    }
  }

  @Test
  void aJobOfAnotherNodeWakesAnIdleWorker() {
    CountDownLatch ran = new CountDownLatch(1);
    try (Jobs producer = jobs();
        Jobs jobs = jobs(Duration.ofMinutes(1))) {
      jobs.handle(ORDER, (order, context) -> ran.countDown()).start();
      Await.until("it is idle", SOON, () -> jobs.stats().running() == 0);
      producer.enqueue(ORDER, new Order(1));
      Await.until("it ran long before the next poll", SOON, () -> ran.getCount() == 0);
    }
  }

  @Test
  void tenNodesMakeTheTablesAtOnce() throws Exception {
    String schema = "fresh_" + APPLICATIONS.incrementAndGet();
    execute("create schema " + schema);
    try (HikariDataSource fresh =
        Pools.of(
            database.jdbcUrl()
                + (database.jdbcUrl().contains("?") ? "&" : "?")
                + "currentSchema="
                + schema,
            database.user(),
            database.password(),
            10,
            false,
            Pools.TEST)) {
      assertThatThrownBy(() -> PostgresStore.existing(fresh, "shop"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith(
              "tables of perf-jobs: version 0 (expected: 1; PostgresStore.schema() is the SQL");
      ExecutorService threads = Executors.newFixedThreadPool(10);
      try {
        List<Future<PostgresStore>> stores = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
          Callable<PostgresStore> create = () -> PostgresStore.create(fresh, "shop");
          stores.add(threads.submit(create));
        }
        for (Future<PostgresStore> store : stores) {
          store.get(60, TimeUnit.SECONDS).close();
        }
      } finally {
        threads.shutdownNow();
      }
      PostgresStore.existing(fresh, "shop").close();
      execute("update " + schema + ".perf_jobs_version set version = 99");
      assertThatThrownBy(() -> PostgresStore.create(fresh, "shop"))
          .hasMessageStartingWith(
              "tables of perf-jobs: version 99 (expected: 1; a node of another");
    }
    assertThat(PostgresStore.schema()).contains("create table perf_jobs_job");
  }

  @Test
  void threeNodesFireEachTimeOfAScheduleOnce() {
    Cron secondly = Cron.parse("* * * * * *", ZoneId.of("UTC"));
    List<Jobs> nodes = new ArrayList<>();
    Set<JobId> ran = ConcurrentHashMap.newKeySet();
    long start = System.nanoTime();
    try {
      for (int i = 0; i < 3; i++) {
        nodes.add(
            jobs()
                .handle(ORDER, (order, context) -> ran.add(context.id()))
                .cron("secondly", secondly, ORDER, new Order(i))
                .start());
      }
      Await.until("four times came", SOON, () -> ran.size() >= 4);
      long seconds = Duration.ofNanos(System.nanoTime() - start).toSeconds();
      assertThat(nodes.get(0).audit().total().enqueued()).as("C1").isBetween(4L, seconds + 1);
    } finally {
      nodes.forEach(Jobs::close);
    }
  }

  @Test
  void aPayloadThatCannotBeReadHarmsNoOther() {
    JobType<String> text = JobType.of("order", String.class).attempts(2);
    try (Jobs jobs = jobs()) {
      List<Order> orders = new ArrayList<>();
      for (int i = 0; i < 99; i++) {
        orders.add(new Order(i));
      }
      jobs.enqueue(text, "no order");
      jobs.enqueueAll(ORDER, orders);
      jobs.handle(ORDER, (order, context) -> {}).start();
      Await.until("the others are done", SOON, () -> jobs.audit().total().done() == 99);
      Await.until("it is dead", SOON, () -> jobs.audit().total().dead() == 1);
      DeadLetter letter = jobs.deadLetters("default", 1).get(0);
      assertThat(letter.reason()).isEqualTo(DeadReason.UNREADABLE);
      assertThat(letter.error()).doesNotContain("no order");
      assertThat(jobs.replay(letter.id())).isTrue();
      Await.until("and dies again", SOON, () -> jobs.audit().total().dead() == 2);
      assertThat(jobs.deleteDead(letter.id())).isTrue();
    }
  }

  @Test
  void whatIsTooLongOrNoPayloadIsRefused() {
    try (Jobs jobs =
        Jobs.builder(PostgresStore.create(pool, application))
            .config(JobsConfig.builder().maxPayloadBytes(10).build())
            .build()) {
      assertThatThrownBy(() -> jobs.enqueue(ORDER, new Order(123_456)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("payload of type order: 17 bytes (expected: at most");
      assertThatThrownBy(() -> jobs.submit(new NoRecord()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("submit: the store outlives this process");
    }
  }

  private static final class NoRecord implements Job {
    @Override
    public void execute() {}

    @Override
    public String type() {
      return "none";
    }
  }
}
