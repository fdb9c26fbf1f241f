package io.perfkit.examples.marketplace;

import io.perfkit.db.query.QueryMonitor;
import io.perfkit.db.query.QueryReport;
import io.perfkit.db.query.QueryStatistics;
import io.perfkit.db.query.RepeatedQuery;
import java.util.List;

/**
 * What a host's query monitor and pool tell since it started. Immutable.
 *
 * @param meanMillis of all statements; 0 if there were none
 * @param heaviest statements that took most time together, the first of them
 * @param repeated queries that one place asked again and again within a request
 * @param pool what was done to the pool, a sentence each; none if it is left alone
 */
public record DatabaseReport(
    double meanMillis, List<Statement> heaviest, List<RepeatedQuery> repeated, List<String> pool) {
  private static final int HEAVIEST = 4;

  public DatabaseReport {
    heaviest = List.copyOf(heaviest);
    repeated = List.copyOf(repeated);
    pool = List.copyOf(pool);
  }

  /** A statement without its constants, and what its executions took. */
  public record Statement(String query, long calls, double seconds, double meanMillis) {
    private static Statement of(QueryStatistics figures) {
      return new Statement(
          figures.fingerprint(),
          figures.calls(),
          figures.executeTime().toNanos() / 1e9,
          figures.mean().toNanos() / 1e6);
    }
  }

  static DatabaseReport of(QueryMonitor monitor, List<String> pool) {
    QueryReport report = monitor.stats();
    List<QueryStatistics> all = report.top(QueryReport.Order.TOTAL, Integer.MAX_VALUE);
    long calls = all.stream().mapToLong(QueryStatistics::calls).sum();
    double nanos = all.stream().mapToDouble(each -> each.executeTime().toNanos()).sum();
    return new DatabaseReport(
        nanos / 1e6 / Math.max(1, calls),
        all.stream().limit(HEAVIEST).map(Statement::of).toList(),
        monitor.repeatedQueries(),
        pool);
  }
}
