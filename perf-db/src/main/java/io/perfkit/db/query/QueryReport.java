package io.perfkit.db.query;

import static java.util.Comparator.comparing;
import static java.util.Comparator.comparingDouble;
import static java.util.Comparator.comparingLong;
import static java.util.function.Function.identity;
import static java.util.stream.Collectors.toMap;

import io.perfkit.db.internal.Timings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Snapshot of the figures of a {@link QueryMonitor}. Immutable. */
public final class QueryReport {
  private static final double Z = 3; // one in a thousand by chance
  private static final double FACTOR_MIN = 1.2;
  private static final long CALLS_MIN = 30;

  private final List<QueryStatistics> figures;
  private final long ownCalls;

  QueryReport(List<QueryStatistics> figures, long ownCalls) {
    this.ownCalls = ownCalls;
    this.figures = figures.stream().filter(one -> one.calls() > 0).toList();
  }

  /** Orders of a report, largest first. */
  public enum Order {
    /** Total time of all executions: the load on the database. */
    TOTAL,
    /** Mean time of one execution. */
    MEAN,
    /** 99th percentile of the time of one execution. */
    P99,
    /** Total rows of all executions. */
    ROWS,
    /** Executions. */
    CALLS
  }

  private static Comparator<QueryStatistics> least(Order order) {
    return switch (order) {
      case TOTAL -> comparing(QueryStatistics::executeTime);
      case MEAN -> comparing(QueryStatistics::mean);
      case P99 -> comparing(one -> one.percentile(0.99));
      case ROWS -> comparingLong(QueryStatistics::rows);
      case CALLS -> comparingLong(QueryStatistics::calls);
    };
  }

  /**
   * A query that became slower.
   *
   * @param fingerprint of the query, under which the report lists it
   * @param before mean time of an execution before the earlier report
   * @param since mean time of an execution since then
   */
  public record Regression(String fingerprint, Duration before, Duration since) {
    /** Ratio of the new time to the old one. */
    public double factor() {
      return (double) since.toNanos() / Math.max(1, before.toNanos());
    }
  }

  /** Executions of all statements, including those without their own figures. */
  public long calls() {
    return figures.stream().mapToLong(QueryStatistics::calls).sum();
  }

  /**
   * Executions of perfkit's own statements, such as catalog queries or polls of replicas; no other
   * figure of this report includes them.
   */
  public long ownCalls() {
    return ownCalls;
  }

  /** At most {@code count} queries, the largest first. */
  public List<QueryStatistics> top(Order order, int count) {
    return figures.stream()
        .filter(one -> !one.fingerprint().isEmpty())
        .sorted(least(order).reversed().thenComparing(QueryStatistics::fingerprint))
        .limit(count)
        .toList();
  }

  /** Figures of the queries without their own entry, one for each operation that has any. */
  public List<QueryStatistics> others() {
    return figures.stream().filter(one -> one.fingerprint().isEmpty()).toList();
  }

  /**
   * Queries whose executions since an earlier report of the same monitor take longer than those
   * before it, by at least a fifth and more than chance explains (Welch's test on the logarithms of
   * their times), the largest growth first. Needs 30 executions on either side.
   */
  public List<Regression> regressionsSince(QueryReport earlier) {
    Map<String, QueryStatistics> now =
        top(Order.CALLS, Integer.MAX_VALUE).stream()
            .collect(toMap(QueryStatistics::fingerprint, identity()));
    List<Regression> regressions = new ArrayList<>();
    for (QueryStatistics before : earlier.top(Order.CALLS, Integer.MAX_VALUE)) {
      QueryStatistics one = now.get(before.fingerprint());
      if (one != null && isSlower(before.timings(), one.timings().since(before.timings()))) {
        regressions.add(regression(before, one));
      }
    }
    regressions.sort(comparingDouble(Regression::factor).reversed());
    return List.copyOf(regressions);
  }

  private static boolean isSlower(Timings before, Timings since) {
    if (before.count() < CALLS_MIN || since.count() < CALLS_MIN) {
      return false;
    }
    double noise =
        Math.sqrt(before.varianceOfLog() / before.count() + since.varianceOfLog() / since.count());
    double growth = since.meanOfLog() - before.meanOfLog();
    return growth > Math.log(FACTOR_MIN) && growth > Z * noise;
  }

  private static Regression regression(QueryStatistics before, QueryStatistics now) {
    Timings since = now.timings().since(before.timings());
    return new Regression(
        now.fingerprint(),
        Duration.ofNanos((long) before.timings().mean()),
        Duration.ofNanos((long) since.mean()));
  }

  /**
   * A table of the first ones, with a line for the others and one for all.
   *
   * <pre>
   *     calls   total ms    mean ms     p99 ms       rows   errors  query
   *      1204      842.1      0.699      2.146      24080        0  select * from bets where …
   * </pre>
   */
  public String text(Order order, int count) {
    return ReportText.table(top(order, count), figures);
  }

  /** All figures, as one JSON object; times in nanoseconds. */
  public String json() {
    return ReportText.json(figures);
  }

  @Override
  public String toString() {
    return text(Order.TOTAL, 10);
  }
}
