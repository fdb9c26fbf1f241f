package io.perfkit.db.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** The Java of docs/guide/queries.md, run. */
@RealPostgres
final class QueriesGuideIT {
  private final DataSource pool;

  QueriesGuideIT(TestDatabase server) {
    pool = server.dataSource();
  }

  @Test
  void report() throws SQLException {
    QueryMonitor monitor = QueryMonitor.create();
    DataSource database = monitor.wrap(pool);
    select(database);

    QueryReport report = monitor.stats();
    List<QueryStatistics> heaviest = report.top(QueryReport.Order.TOTAL, 10);
    String table = report.text(QueryReport.Order.TOTAL, 10);
    String json = report.json();

    assertThat(heaviest).hasSize(1);
    assertThat(table).contains("select ?");
    assertThat(json).contains("\"calls\":1");
    QueryReport before = monitor.stats();
    // a release, a day, a migration
    List<QueryReport.Regression> slower = monitor.stats().regressionsSince(before);
    assertThat(slower).isEmpty();
    monitor.close();
  }

  @Test
  void settings() throws SQLException {
    MeterRegistry registry = new SimpleMeterRegistry();
    QueryMonitorConfig config =
        QueryMonitorConfig.builder()
            .slowAfter(
                Duration.ofMillis(250)) // logged at WARN, at most once a second for each query
            .stillRunningAfter(
                Duration.ofSeconds(10)) // logged while it runs, with the line that waits
            .logAll(false) // or every execution, at INFO
            .build();
    QueryMonitor monitor = QueryMonitor.builder().config(config).meterRegistry(registry).build();
    select(monitor.wrap(pool));

    assertThat(monitor.health().healthy()).isTrue();
    monitor.close();
  }

  @Test
  void repeats() throws SQLException {
    QueryMonitor monitor = QueryMonitor.create();
    DataSource database = monitor.wrap(pool);
    UnitOfWork work = monitor.unitOfWork();
    try (work) {
      handle(request); // on this thread, whatever connections it takes
    }
    List<RepeatedQuery> repeated = monitor.repeatedQueries();
    assertThat(repeated).isEmpty();

    List<Long> userIds = List.of(1L, 2L, 3L);
    try (Connection connection = database.getConnection();
        Statement create = connection.createStatement()) {
      create.execute(
          "create table users as select i::bigint as id, 'n' as name from generate_series(1, 2) i");
      BatchLoader<Long, String> names =
          BatchLoader.of(
              "select id, name from users where id = any(?)",
              "bigint",
              row -> row.getLong("id"),
              row -> row.getString("name"));

      BatchLoader.Unit<Long, String> unit = names.on(connection);
      List<BatchLoader.Deferred<Long, String>> bettors = new ArrayList<>();
      for (long id : userIds) {
        bettors.add(unit.defer(id)); // no statement yet
      }
      for (BatchLoader.Deferred<Long, String> bettor : bettors) {
        print(bettor.get().orElse("gone")); // one statement, at the first of them
      }
      Map<Long, String> byId = unit.all(userIds); // all at once; none is asked for again

      assertThat(byId).containsOnlyKeys(1L, 2L);
      assertThat(printed).containsExactly("n", "n", "gone");
    }
    assertThat(monitor.stats().calls()).isEqualTo(2);
    monitor.close();
  }

  @Test
  void keptResults() throws SQLException {
    try (Connection connection = pool.getConnection();
        Statement create = connection.createStatement()) {
      create.execute("create table topics (name text, kind text)");
    }
    QueryMonitor monitor = QueryMonitor.create();
    DataSource database = monitor.wrap(pool);
    QueryCache cache = QueryCache.create(database);
    CachedQuery<String> topics =
        cache.query(
            "select name from topics where kind = ? order by name", row -> row.getString(1));

    for (int i = 0; i < 2; i++) {
      List<String> open = topics.list("open"); // no statement, until somebody writes topics
      assertThat(open).isEmpty();
    }
    assertThat(cache.stats().hits()).isEqualTo(1);
    monitor.close();
  }

  private final String request = "GET /markets";
  private final List<String> printed = new ArrayList<>();

  private void handle(String what) {
    assertThat(what).isEqualTo(request);
  }

  private void print(String name) {
    printed.add(name);
  }

  private static void select(DataSource database) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.executeQuery("select 1").close();
    }
  }
}
