package io.perfkit.examples.marketplace.load;

import io.perfkit.examples.marketplace.load.Row.Better;
import io.perfkit.examples.marketplace.load.Row.Target;
import java.util.List;
import java.util.stream.Collectors;

/** The two sides under each other's eyes, as a table of plain text. */
final class Report {
  private static final double NO_FIGURE = Double.NaN;

  private Report() {}

  static List<Row> rows(Measured plain, Measured perfkit, int requestsPerSecond) {
    return List.of(
        latency(
            "latency mean, ms",
            plain.load().meanMillis(),
            perfkit.load().meanMillis(),
            new Target("-90 %", perfkit.load().meanMillis() <= plain.load().meanMillis() * 0.1)),
        percentile("latency p50, ms", 50, 50, plain, perfkit),
        percentile("latency p95, ms", 95, 200, plain, perfkit),
        percentile("latency p99, ms", 99, 500, plain, perfkit),
        new Row(
            "requests/s reached",
            plain.load().reachedPerSecond(),
            perfkit.load().reachedPerSecond(),
            "%,.0f",
            Better.HIGHER,
            new Target(
                "%,d (within 1 %%)".formatted(requestsPerSecond),
                perfkit.load().reachedPerSecond() >= requestsPerSecond * 0.99)),
        new Row(
            "errors",
            plain.load().failed(),
            perfkit.load().failed(),
            "%,.0f",
            Better.LOWER,
            Target.NONE),
        new Row(
            "SQL statements per request",
            plain.statementsPerRequest(),
            perfkit.statementsPerRequest(),
            "%.2f",
            Better.LOWER,
            new Target("15-20 -> 2-5", perfkit.statementsPerRequest() <= 5)),
        new Row(
            "SQL statements per miss",
            plain.statementsPerMiss(),
            perfkit.statementsPerMiss(),
            "%.2f",
            Better.LOWER,
            new Target("15-20 -> 2-5", perfkit.statementsPerMiss() <= 5)),
        new Row(
            "reads without SQL, %",
            plain.readsWithoutSqlPercent(),
            perfkit.readsWithoutSqlPercent(),
            "%.1f",
            Better.HIGHER,
            Target.NONE),
        new Row(
            "cache hit ratio, %",
            NO_FIGURE,
            perfkit.hitPercent(),
            "%.1f",
            Better.HIGHER,
            new Target("> 80 %", perfkit.hitPercent() > 80)),
        new Row(
            "pool in use, %",
            plain.poolInUsePercent(),
            perfkit.poolInUsePercent(),
            "%.0f",
            Better.LOWER,
            new Target("< 80 %", perfkit.poolInUsePercent() < 80)),
        new Row(
            "heap after GC, MB",
            plain.heapMegabytes(),
            perfkit.heapMegabytes(),
            "%.0f",
            Better.LOWER,
            new Target("< 512", perfkit.heapMegabytes() < 512)),
        new Row(
            "CPU, % of one core",
            plain.cpuPercent(), perfkit.cpuPercent(), "%.0f", Better.LOWER, Target.NONE),
        new Row(
            "CPU per request, ms",
            plain.cpuMillisPerRequest(),
            perfkit.cpuMillisPerRequest(),
            "%.2f",
            Better.LOWER,
            Target.NONE),
        new Row(
            "50 at once, ms to the last",
            plain.burst().median().toNanos() / 1e6,
            perfkit.burst().median().toNanos() / 1e6,
            "%.1f",
            Better.LOWER,
            new Target("all done", perfkit.burst().failed() == 0)),
        new Row(
            "refused of a flood",
            plain.flood().refused(),
            perfkit.flood().refused(),
            "%,.0f",
            Better.HIGHER,
            Target.NONE),
        new Row(
            "admitted above the limits",
            plain.flood().above(),
            perfkit.flood().above(),
            "%,.0f",
            Better.LOWER,
            new Target("none", perfkit.flood().above() == 0)),
        new Row(
            "logins/s",
            plain.logins().perSecond(),
            perfkit.logins().perSecond(),
            "%,.0f",
            Better.HIGHER,
            Target.NONE),
        new Row(
            "most sessions of a user",
            plain.logins().most(),
            perfkit.logins().most(),
            "%,.0f",
            Better.LOWER,
            new Target(
                "at most " + LoginStorm.LIMIT, perfkit.logins().most() <= LoginStorm.LIMIT)));
  }

  static String table(List<Row> rows) {
    StringBuilder text = new StringBuilder();
    String line = "%-27s %10s %10s %8s   %-18s %s";
    text.append(line.formatted("", "plain", "perfkit", "ratio", "target", "")).append('\n');
    for (Row row : rows) {
      text.append(
              line.formatted(
                  row.name(),
                  row.plainText(),
                  row.perfkitText(),
                  row.ratioText(),
                  row.target().text(),
                  row.verdict()))
          .append('\n');
    }
    return text.toString().lines().map(String::stripTrailing).collect(Collectors.joining("\n"));
  }

  private static Row percentile(
      String name, int percentile, int millisMax, Measured plain, Measured perfkit) {
    double ours = perfkit.load().percentileMillis(percentile);
    return latency(
        name,
        plain.load().percentileMillis(percentile),
        ours,
        new Target("< " + millisMax, ours < millisMax));
  }

  private static Row latency(String name, double plain, double perfkit, Target target) {
    return new Row(name, plain, perfkit, "%,.1f", Better.LOWER, target);
  }
}
