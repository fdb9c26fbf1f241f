package io.perfkit.db.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.testing.Await;
import io.perfkit.testing.FakeClock;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import io.perfkit.testing.ThreadLeaks;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@RealPostgres
final class QueryMonitorIT {
  private static final Duration SOON = Duration.ofSeconds(20);

  private final DataSource plain;
  private final Queue<String> lines = new ConcurrentLinkedQueue<>();
  private final QueryLog log =
      new QueryLog() {
        @Override
        void warn(String line) {
          lines.add(line);
        }

        @Override
        void info(String line) {
          lines.add(line);
        }
      };
  private QueryMonitor monitor = QueryMonitor.create();

  QueryMonitorIT(TestDatabase server) throws SQLException {
    plain = server.dataSource();
    try (Connection connection = plain.getConnection()) {
      JdbcScript.createTables(connection);
    }
  }

  @AfterEach
  void close() {
    monitor.close();
  }

  private DataSource with(QueryMonitorConfig config) {
    monitor.close();
    monitor = QueryMonitor.builder().config(config).log(log).build();
    return monitor.wrap(plain);
  }

  private QueryStatistics figures(String fingerprint) {
    return monitor.stats().top(QueryReport.Order.CALLS, 100).stream()
        .filter(one -> one.fingerprint().equals(fingerprint))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void countsRowsThatAreReadAndChanged() throws SQLException {
    try (Connection connection = monitor.wrap(plain).getConnection();
        PreparedStatement insert =
            connection.prepareStatement("INSERT INTO item (name) VALUES (?)");
        PreparedStatement select =
            connection.prepareStatement("SELECT name FROM item WHERE id > ? LIMIT 3")) {
      for (int i = 0; i < 5; i++) {
        insert.setString(1, "row " + i);
        if (i < 2) {
          insert.executeUpdate();
        } else {
          insert.addBatch();
        }
      }
      insert.executeBatch();
      select.setInt(1, 0);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          assertThat(rows.getString(1)).startsWith("row");
        }
      }
      ResultSet neverClosed = select.executeQuery();
      assertThat(neverClosed.next()).isTrue();
    }
    assertThat(figures("insert into item(name) values (?)").calls()).isEqualTo(3);
    assertThat(figures("insert into item(name) values (?)").rows()).isEqualTo(5);
    assertThat(figures("select name from item where id > ? limit ?").rows()).isEqualTo(4);
    assertThat(figures("select name from item where id > ? limit ?").operation())
        .isEqualTo(Operation.SELECT);
  }

  @Test
  void countsRowsOfABatchThatTheDriverMakesOneInsert() throws SQLException {
    PGSimpleDataSource rewriting = plain.unwrap(PGSimpleDataSource.class);
    rewriting.setReWriteBatchedInserts(true);
    try (Connection connection = monitor.wrap(rewriting).getConnection();
        PreparedStatement insert =
            connection.prepareStatement("INSERT INTO item (name) VALUES (?)")) {
      for (int i = 0; i < 1_000; i++) {
        insert.setString(1, "row " + i);
        insert.addBatch();
      }
      assertThat(insert.executeBatch()).contains(Statement.SUCCESS_NO_INFO);
    } finally {
      rewriting.setReWriteBatchedInserts(false);
    }
    assertThat(figures("insert into item(name) values (?)").rows()).isEqualTo(1_000);
  }

  @Test
  void listenersAreToldOfEveryExecutionAndDisabledOnesOfNone() throws SQLException {
    List<QueryExecution> told = new ArrayList<>();
    try (QueryMonitor own =
            QueryMonitor.builder()
                .listener(told::add)
                .listener(
                    execution -> {
                      throw new IllegalStateException("of the host");
                    })
                .log(log)
                .build();
        Connection connection = own.wrap("orders", plain).getConnection();
        Statement statement = connection.createStatement()) {
      run(own.wrap("orders", plain));
      assertThatThrownBy(() -> statement.execute("select no_column from item"))
          .isInstanceOf(SQLException.class);
      assertThatThrownBy(() -> own.wrap(own.wrap(plain)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("not monitored yet");
    }
    assertThat(told)
        .extracting(QueryExecution::dataSource, QueryExecution::fingerprint)
        .containsExactly(
            tuple("orders", "select ? + ?"), tuple("orders", "select no_column from item"));
    assertThat(told.get(0).parameters()).isEqualTo("[number]");
    assertThat(told.get(1).failure()).isPresent();
    assertThat(lines).filteredOn(line -> line.startsWith("listener ")).hasSize(1);

    QueryMonitor disabled = QueryMonitor.disabled();
    assertThat(disabled.wrap(plain)).isSameAs(plain);
    assertThat(disabled.stats().calls()).isZero();
    assertThat(disabled.health().healthy()).isTrue();
  }

  @Test
  void twoMonitorsOnOneRegistryAreToldApart() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (QueryMonitor one = QueryMonitor.builder().meterRegistry(registry).build()) {
      assertThatThrownBy(() -> QueryMonitor.builder().meterRegistry(registry).build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("name: 'db'");
      try (QueryMonitor other =
          QueryMonitor.builder().name("reports").meterRegistry(registry).build()) {
        assertThat(other.stats().calls()).isZero();
      }
      assertThat(registry.get(QueryMeters.RUNNING).tag("monitor", "db").gauge()).isNotNull();
      assertThat(one.stats().calls()).isZero();
    }
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void countsErrorsByTheClassOfTheirState() throws SQLException {
    try (Connection connection = monitor.wrap(plain).getConnection();
        Statement statement = connection.createStatement()) {
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> statement.executeQuery("select no_column from item"))
            .isInstanceOf(SQLException.class);
      }
      assertThatThrownBy(() -> statement.executeQuery("select 1 / 0"))
          .isInstanceOf(SQLException.class);
    }
    assertThat(figures("select no_column from item").errors())
        .containsExactly(java.util.Map.entry("42", 2L));
    assertThat(figures("select no_column from item").calls()).isEqualTo(2);
    assertThat(figures("select ? / ?").errors()).containsKey("22");
  }

  @Test
  void timesFetchesThatComeInPortions() throws SQLException {
    try (Connection connection = monitor.wrap(plain).getConnection()) {
      connection.setAutoCommit(false);
      try (PreparedStatement select =
          connection.prepareStatement("select i from generate_series(1, 5000) as i")) {
        select.setFetchSize(100);
        try (ResultSet rows = select.executeQuery()) {
          while (rows.next()) {
            assertThat(rows.getInt(1)).isPositive();
          }
        }
      }
      connection.commit();
      assertThat(monitor.health().running()).isZero();
    }
    QueryStatistics figures = figures("select i from generate_series(?, ?) as i");
    assertThat(figures.rows()).isEqualTo(5_000);
    assertThat(figures.fetchTime()).isPositive();
    assertThat(figures.holdTime()).isGreaterThanOrEqualTo(figures.executeTime());
    assertThat(figures("commit").calls()).isEqualTo(1);
    assertThat(figures("commit").operation()).isEqualTo(Operation.OTHER);
  }

  @Test
  void timesTheReadingOfAResultThatIsLeftBeforeItsEnd() throws SQLException {
    AtomicLong ticks = new AtomicLong();
    monitor.close();
    monitor = QueryMonitor.builder().nanos(() -> ticks.getAndAdd(50_000)).log(log).build();
    try (Connection connection = monitor.wrap(plain).getConnection();
        PreparedStatement select =
            connection.prepareStatement("select i from generate_series(1, 9) as i")) {
      select.setFetchSize(100);
      try (ResultSet rows = select.executeQuery()) {
        assertThat(rows.next()).isTrue();
      }
    }
    QueryStatistics figures = figures("select i from generate_series(?, ?) as i");
    assertThat(figures.fetchTime()).isPositive();
    assertThat(figures.holdTime()).isGreaterThan(figures.executeTime());
  }

  @Test
  void rowsOfAResultThatTheNextExecutionEndsCountForItsOwnQuery() throws SQLException {
    try (Connection connection = monitor.wrap(plain).getConnection();
        Statement texts = connection.createStatement();
        PreparedStatement prepared = connection.prepareStatement("select 1 as p")) {
      assertThat(texts.executeQuery("select 1 as a").next()).isTrue();
      assertThat(texts.executeQuery("select 1 as b where false").next()).isFalse();
      assertThat(prepared.executeQuery().next()).isTrue();
      assertThat(prepared.executeQuery().next()).isTrue();
      assertThat(texts.execute("insert into item (name) values ('x'), ('y')")).isFalse();
      assertThat(texts.getUpdateCount()).isEqualTo(2);
    }
    assertThat(figures("select ? as a").rows()).isEqualTo(1);
    assertThat(figures("select ? as b where ?").rows()).isZero();
    assertThat(figures("select ? as p").rows()).isEqualTo(2);
    assertThat(figures("insert into item(name) values (?)").rows()).isEqualTo(2);
  }

  @Test
  void namesTheLineThatAskedPastTheHelpersOfTheApplication() throws SQLException {
    String helper = Helper.class.getName();
    Helper.select(with(QueryMonitorConfig.builder().helpers(List.of(helper)).build()));

    assertThat(figures("select ?").callSite())
        .startsWith(QueryMonitorIT.class.getName() + ".namesTheLineThatAskedPast");
    Helper.select(with(QueryMonitorConfig.defaults()));
    assertThat(figures("select ?").callSite()).startsWith(helper + ".select:");
  }

  private static final class Helper {
    static void select(DataSource database) throws SQLException {
      try (Connection connection = database.getConnection();
          PreparedStatement select = connection.prepareStatement("select 42")) {
        select.executeQuery().close();
      }
    }
  }

  @Test
  void namesTheLineThatAsked() throws SQLException {
    try (Connection connection = monitor.wrap(plain).getConnection();
        PreparedStatement select = connection.prepareStatement("select 42")) {
      select.executeQuery().close();
    }
    assertThat(figures("select ?").callSite())
        .startsWith(QueryMonitorIT.class.getName() + ".namesTheLineThatAsked:");
  }

  @Test
  void keepsAndLogsTheLastSlowExecutionWithoutItsValues() throws SQLException {
    monitor.close();
    monitor =
        QueryMonitor.builder()
            .config(QueryMonitorConfig.builder().slowAfter(Duration.ofNanos(20_000)).build())
            .nanos(() -> System.nanoTime() / 1_000) // no pause of the machine comes to a second
            .log(log)
            .build();
    try (Connection connection = monitor.wrap(plain).getConnection();
        PreparedStatement select =
            connection.prepareStatement(
                "select pg_sleep(?), cast(? as text), cast(? as int) /* my secret */")) {
      select.setDouble(1, 0.05);
      select.setString(2, "my secret");
      select.setObject(3, null);
      select.executeQuery().close();
      select.executeQuery().close();
    }
    SlowSample sample =
        figures("select pg_sleep(?), cast(? as text), cast(? as int)").lastSlow().orElseThrow();
    assertThat(sample.took()).isGreaterThanOrEqualTo(Duration.ofNanos(20_000));
    assertThat(sample.parameters()).isEqualTo("[number, text, null]");
    assertThat(sample.callSite()).contains("keepsAndLogs");
    assertThat(lines).as("once a second").hasSize(1);
    assertThat(lines.toString()).contains("slow").doesNotContain("secret");
    assertThat(monitor.stats().json()).contains("pg_sleep").doesNotContain("secret");
  }

  @Test
  void logsNoSlowOneIfThatIsSwitchedOff() throws SQLException {
    run(with(QueryMonitorConfig.builder().slowAfter(Duration.ZERO).logSlow(false).build()));

    assertThat(lines).isEmpty();
    assertThat(figures("select ? + ?").lastSlow()).isPresent();
  }

  @Test
  void logsEveryExecutionIfThatIsSwitchedOn() throws SQLException {
    DataSource database = with(QueryMonitorConfig.builder().logAll(true).logSlow(false).build());
    run(database);
    run(database);

    assertThat(lines).hasSize(2).allMatch(line -> line.endsWith("ms: select ? + ? [number]"));
  }

  private static void run(DataSource database) throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement select = connection.prepareStatement("select ? + 1")) {
      select.setInt(1, 4711);
      select.executeQuery().close();
    }
  }

  @Test
  void tellsOfAnExecutionThatStillRunsAndOfWhereItsThreadIs() throws Exception {
    AtomicLong skipped = new AtomicLong();
    AtomicInteger looks = new AtomicInteger();
    Duration limit = Duration.ofHours(1);
    monitor.close();
    monitor =
        QueryMonitor.builder()
            .config(QueryMonitorConfig.builder().stillRunningAfter(limit).logSlow(false).build())
            .nanos(
                () -> {
                  boolean watches = Thread.currentThread().getName().equals("perf-db-watchdog");
                  looks.addAndGet(watches ? 1 : 0); // once at least for what runs
                  return System.nanoTime() + skipped.get();
                })
            .log(log)
            .build();
    try (Connection connection = monitor.wrap(plain).getConnection();
        PreparedStatement sleep = connection.prepareStatement("select pg_sleep(60)")) {
      assertThat(connection.createStatement().execute("select 'on another thread'")).isTrue();
      CountDownLatch ended = new CountDownLatch(1);
      Thread caller =
          new Thread(
              () -> {
                try {
                  sleep.executeQuery().close();
                } catch (SQLException cancelled) {
                  ended.countDown();
                }
              });
      caller.start();
      Await.until("the server sleeps", SOON, this::isServerAsleep);
      assertThat(lines).isEmpty();
      skipped.addAndGet(limit.toNanos());
      Await.until("the watchdog tells", SOON, () -> !lines.isEmpty());
      assertThat(lines.element())
          .startsWith("still running after")
          .contains("select pg_sleep(?) at " + QueryMonitorIT.class.getName());
      assertThat(monitor.health().healthy()).isFalse();
      assertThat(monitor.health().running()).isEqualTo(1);
      assertThat(monitor.health().longest()).isGreaterThanOrEqualTo(limit);
      int before = looks.get();
      Await.until("the watchdog looked again", SOON, () -> looks.get() > before + 1);
      sleep.cancel();
      caller.join(SOON.toMillis());
      assertThat(ended.getCount()).isZero();
      Await.until("nothing runs", SOON, () -> monitor.health().healthy());
      assertThat(lines.stream().filter(line -> line.startsWith("still"))).hasSize(1);
      assertThat(figures("select pg_sleep(?)").errors()).containsKey("57");
      assertThat(monitor.health().connections()).isEqualTo(1);
    }
    assertThat(monitor.health().connections()).isZero();
  }

  private boolean isServerAsleep() {
    try (Connection connection = plain.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select count(*) from pg_stat_activity"
                    + " where wait_event = 'PgSleep' and datname = current_database()")) {
      return row.next() && row.getInt(1) == 1;
    } catch (SQLException failed) {
      throw new AssertionError(failed);
    }
  }

  @Test
  void findsWhatBecameSlower() throws SQLException {
    FakeClock clock = FakeClock.startingAt(Instant.EPOCH);
    monitor.close();
    monitor = QueryMonitor.builder().nanos(clock.nanos()).log(log).build();
    executions(clock, "select a", Duration.ofMillis(2));
    executions(clock, "select b", Duration.ofMillis(2));
    QueryReport mark = monitor.stats();
    executions(clock, "select a", Duration.ofMillis(6));
    executions(clock, "select b", Duration.ofMillis(2));
    executions(clock, "select c", Duration.ofMillis(9));

    List<QueryReport.Regression> regressions = monitor.stats().regressionsSince(mark);
    assertThat(regressions).hasSize(1);
    assertThat(regressions.get(0).fingerprint()).isEqualTo("select a");
    assertThat(regressions.get(0).factor()).isBetween(2.8, 3.2);
    assertThat(mark.regressionsSince(mark)).isEmpty();
  }

  private void executions(FakeClock clock, String sql, Duration each) {
    for (int i = 0; i < 40; i++) {
      monitor.executions().query(sql).stats().executed(each.toNanos() + i * 1_000L);
    }
    clock.advance(each);
  }

  @Test
  void ordersAndPrintsItsReport() throws SQLException {
    DataSource database = monitor.wrap(plain);
    run(database);
    run(database);
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery("select \"i\" from generate_series(1, 9) as \"i\"")) {
      while (rows.next()) {
        assertThat(rows.getInt(1)).isPositive();
      }
    }
    QueryReport report = monitor.stats();

    assertThat(report.calls()).isEqualTo(3);
    assertThat(report.top(QueryReport.Order.CALLS, 1).get(0).fingerprint())
        .isEqualTo("select ? + ?");
    assertThat(report.top(QueryReport.Order.ROWS, 9))
        .extracting(QueryStatistics::rows)
        .containsExactly(9L, 0L);
    assertThat(report.top(QueryReport.Order.MEAN, 1)).hasSize(1);
    assertThat(report.top(QueryReport.Order.P99, 1)).hasSize(1);
    assertThat(report.text(QueryReport.Order.CALLS, 1).lines().toList())
        .hasSize(4)
        .anyMatch(line -> line.contains("select ? + ?"))
        .anyMatch(line -> line.endsWith("(the others)"))
        .anyMatch(line -> line.endsWith("(all)"));
    assertThat(report.json())
        .contains("\"query\":\"select \\\"i\\\" from generate_series(?, ?) as \\\"i\\\"\"")
        .contains("\"operation\":\"select\",\"calls\":2");
  }

  @Test
  void metersAndReportCountThoseThatHaveNoFiguresOfTheirOwn() throws SQLException {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    monitor.close();
    monitor =
        QueryMonitor.builder()
            .config(QueryMonitorConfig.builder().maxFingerprints(1).build())
            .meterRegistry(registry)
            .build();
    try (Connection connection = monitor.wrap(plain).getConnection();
        Statement statement = connection.createStatement()) {
      for (String name : List.of("a", "b", "c")) {
        statement.executeQuery("select 1 as " + name).close();
      }
    }
    assertThat(
            registry.get(QueryMeters.EXECUTIONS).tag("operation", "select").functionTimer().count())
        .isEqualTo(3);
    assertThat(monitor.stats().calls()).isEqualTo(3);
  }

  @Test
  void metersWhatItCountsUntilItIsClosed() throws SQLException {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    monitor.close();
    monitor = QueryMonitor.builder().meterRegistry(registry).build();
    run(monitor.wrap(plain));

    assertThat(
            registry.get(QueryMeters.EXECUTIONS).tag("operation", "select").functionTimer().count())
        .isEqualTo(1);
    assertThat(registry.get(QueryMeters.RUNNING).gauge().value()).isZero();
    monitor.close();
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void leavesNoThreadAndStartsNoneForAnExecution() throws SQLException {
    ThreadLeaks.<SQLException>assertNone(
        "perf-db-",
        () -> {
          try (QueryMonitor own = QueryMonitor.create()) {
            DataSource database = own.wrap(plain);
            run(database);
            Set<Thread> before = threadsOfPerfkit();
            run(database);
            assertThat(threadsOfPerfkit()).isSubsetOf(before);
          }
        });
  }

  private static Set<Thread> threadsOfPerfkit() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("perf-"))
        .collect(Collectors.toSet());
  }

  @Test
  void worksOnWhenItIsClosed() throws SQLException {
    DataSource database = monitor.wrap(plain);
    monitor.close();
    run(database);
    assertThat(monitor.stats().calls()).isEqualTo(1);
  }
}
