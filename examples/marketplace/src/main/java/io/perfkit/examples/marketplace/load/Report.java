package io.perfkit.examples.marketplace.load;

import io.perfkit.examples.marketplace.load.Row.Better;
import io.perfkit.examples.marketplace.load.Row.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** The two sides beside each other, as a table of plain text. */
final class Report {
  private static final double NO_FIGURE = Double.NaN;
  private static final String FORMAT = "%-28s %10s %10s %8s   %-18s %s";

  private final Measured plain;
  private final Measured perfkit;
  private final int cores;

  private Report(Measured plain, Measured perfkit, int cores) {
    this.plain = plain;
    this.perfkit = perfkit;
    this.cores = cores;
  }

  /** Rows under a line that says how they were measured. */
  record Section(String title, List<Row> rows) {}

  /**
   * @param healthyPerSecond the rate of {@link Measured#healthy}
   * @param perSecond the rate of {@link Measured#load}
   * @param cores of the machine
   */
  static List<Section> sections(
      Measured plain, Measured perfkit, double healthyPerSecond, int perSecond, int cores) {
    Report report = new Report(plain, perfkit, cores);
    String rate = "%,d requests/s";
    return List.of(
        new Section(
            rate.formatted(Math.round(healthyPerSecond)) + ", which the plain side bears",
            report.healthy()),
        new Section(rate.formatted(perSecond), report.loaded(perSecond)),
        new Section("%,d users at once".formatted(MarketplaceDemo.USERS), report.users()),
        new Section("all at once", report.bursts()));
  }

  private List<Row> healthy() {
    double mean = perfkit.healthy().meanMillis();
    List<Row> rows = new ArrayList<>();
    rows.add(
        latency(
            "latency mean, ms",
            side -> side.healthy().meanMillis(),
            new Target("-90 %", mean <= plain.healthy().meanMillis() * 0.1)));
    rows.addAll(percentiles(Measured::healthy));
    for (Operation operation :
        List.of(Operation.PROFILE, Operation.SEARCH, Operation.HISTORY, Operation.BET)) {
      rows.add(
          latency(
              operation.label() + " mean, ms",
              side -> side.healthy().meanMillis(operation),
              Target.NONE));
    }
    return rows;
  }

  private List<Row> loaded(int perSecond) {
    List<Row> rows = new ArrayList<>();
    rows.add(latency("latency mean, ms", side -> side.load().meanMillis(), Target.NONE));
    rows.addAll(percentiles(Measured::load));
    rows.addAll(
        List.of(
            higher(
                "requests/s reached",
                "%,.0f",
                side -> side.load().reachedPerSecond(),
                new Target(
                    "%,d (within 1 %%)".formatted(perSecond),
                    perfkit.load().reachedPerSecond() >= perSecond * 0.99)),
            lower(
                "answers 4xx, %",
                "%.2f",
                side -> side.load().refusedPercent(),
                new Target("< 5 %", perfkit.load().refusedPercent() < 5)),
            lower(
                "answers 5xx or none, %",
                "%.2f",
                side -> side.load().brokenPercent(),
                new Target("< 1 %", perfkit.load().brokenPercent() < 1)),
            lower(
                "SQL statements per request",
                "%.2f",
                Measured::statementsPerRequest,
                new Target("15-20 -> 2-5", perfkit.statementsPerRequest() <= 5)),
            lower(
                "SQL statements per miss",
                "%.2f",
                Measured::statementsPerMiss,
                new Target("15-20 -> 2-5", perfkit.statementsPerMiss() <= 5)),
            lower(
                "SQL statement mean, ms",
                "%.2f",
                side -> side.database().meanMillis(),
                new Target("< 50", perfkit.database().meanMillis() < 50)),
            higher("reads without SQL, %", "%.1f", Measured::readsWithoutSqlPercent, Target.NONE),
            new Row(
                "cache hit ratio, %",
                NO_FIGURE,
                perfkit.hitPercent(),
                "%.1f",
                Better.HIGHER,
                new Target("> 85 %", perfkit.hitPercent() > 85)),
            lower(
                "pool in use, %",
                "%.0f",
                Measured::poolInUsePercent,
                new Target("< 80 %", perfkit.poolInUsePercent() < 80)),
            lower(
                "heap after GC, MB",
                "%.0f",
                Measured::heapMegabytes,
                new Target("< 512", perfkit.heapMegabytes() < 512)),
            lower(
                "CPU, % of the machine",
                "%.0f",
                side -> side.cpuPercent(cores),
                new Target("< 70 %", perfkit.cpuPercent(cores) < 70)),
            lower("CPU per request, ms", "%.2f", Measured::cpuMillisPerRequest, Target.NONE)));
    return rows;
  }

  private List<Row> users() {
    return List.of(
        higher("requests/s reached", "%,.0f", side -> side.users().reachedPerSecond(), Target.NONE),
        latency("latency mean, ms", side -> side.users().meanMillis(), Target.NONE),
        latency("latency p95, ms", side -> side.users().percentileMillis(95), Target.NONE),
        lower("errors", "%,.0f", side -> side.users().failed(), Target.NONE));
  }

  private List<Row> bursts() {
    double last = millis(perfkit.burst());
    return List.of(
        lower(
            "50 at once, ms to the last",
            "%.1f",
            side -> millis(side.burst()),
            new Target("<= 70, all done", perfkit.burst().failed() == 0 && last <= 70)),
        higher("refused of a flood", "%,.0f", side -> side.flood().refused(), Target.NONE),
        lower(
            "admitted above the limits",
            "%,.0f",
            side -> side.flood().above(),
            new Target("none", perfkit.flood().above() == 0)),
        higher("logins/s", "%,.0f", side -> side.logins().perSecond(), Target.NONE),
        lower(
            "failed logins",
            "%,.0f",
            side -> side.logins().failed(),
            new Target("none", perfkit.logins().failed() == 0)),
        lower(
            "most sessions of a user",
            "%,.0f",
            side -> side.logins().most(),
            new Target(
                "at most " + LoginStorm.LIMIT, perfkit.logins().most() <= LoginStorm.LIMIT)));
  }

  static String table(List<Section> sections) {
    StringBuilder text = new StringBuilder();
    text.append(FORMAT.formatted("", "plain", "perfkit", "ratio", "target", "")).append('\n');
    for (Section section : sections) {
      text.append(section.title()).append('\n');
      for (Row row : section.rows()) {
        text.append(
                FORMAT.formatted(
                    "  " + row.name(),
                    row.plainText(),
                    row.perfkitText(),
                    row.ratioText(),
                    row.target().text(),
                    row.verdict()))
            .append('\n');
      }
    }
    return text.toString().lines().map(String::stripTrailing).collect(Collectors.joining("\n"));
  }

  private static double millis(Burst burst) {
    return burst.median().toNanos() / 1e6;
  }

  private List<Row> percentiles(Function<Measured, LoadResult> load) {
    return List.of(percentile(load, 50, 50), percentile(load, 95, 200), percentile(load, 99, 500));
  }

  private Row percentile(Function<Measured, LoadResult> load, int percentile, int millisMax) {
    double ours = load.apply(perfkit).percentileMillis(percentile);
    return latency(
        String.format(Locale.ROOT, "latency p%d, ms", percentile),
        side -> load.apply(side).percentileMillis(percentile),
        new Target("< " + millisMax, ours < millisMax));
  }

  private Row latency(String name, ToDoubleFunction<Measured> figure, Target target) {
    return lower(name, "%,.1f", figure, target);
  }

  private Row lower(String name, String format, ToDoubleFunction<Measured> figure, Target target) {
    return row(name, format, figure, Better.LOWER, target);
  }

  private Row higher(String name, String format, ToDoubleFunction<Measured> figure, Target target) {
    return row(name, format, figure, Better.HIGHER, target);
  }

  private Row row(
      String name, String format, ToDoubleFunction<Measured> figure, Better better, Target target) {
    return new Row(
        name, figure.applyAsDouble(plain), figure.applyAsDouble(perfkit), format, better, target);
  }
}
