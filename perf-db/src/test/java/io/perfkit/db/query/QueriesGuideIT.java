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
import java.util.List;
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

    QueryReport report = monitor.report();
    List<QueryFigures> heaviest = report.top(QueryReport.Order.TOTAL, 10);
    String table = report.text(QueryReport.Order.TOTAL, 10);
    String json = report.json();

    assertThat(heaviest).hasSize(1);
    assertThat(table).contains("select ?");
    assertThat(json).contains("\"calls\":1");
    QueryReport before = monitor.report();
    // a release, a day, a migration
    List<QueryReport.Regression> slower = monitor.report().regressionsSince(before);
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
    QueryMonitor monitor = QueryMonitor.builder(config).meterRegistry(registry).build();
    select(monitor.wrap(pool));

    assertThat(monitor.health().healthy()).isTrue();
    monitor.close();
  }

  private static void select(DataSource database) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.executeQuery("select 1").close();
    }
  }
}
