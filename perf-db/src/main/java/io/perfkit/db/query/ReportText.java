package io.perfkit.db.query;

import static java.util.stream.Collectors.joining;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Formats a report as text and as JSON. */
final class ReportText {
  private static final int QUERY_MAX = 120;
  private static final String HEAD =
      "%9s %10s %10s %10s %10s %8s  %s%n"
          .formatted("calls", "total ms", "mean ms", "p99 ms", "rows", "errors", "query");

  private ReportText() {}

  static String table(List<QueryStatistics> top, List<QueryStatistics> all) {
    StringBuilder table = new StringBuilder(HEAD);
    top.forEach(one -> table.append(line(one)));
    List<QueryStatistics> rest = all.stream().filter(one -> !top.contains(one)).toList();
    if (!rest.isEmpty()) {
      table.append(sum(rest, "the others"));
    }
    return table.append(sum(all, "all")).toString();
  }

  private static String line(QueryStatistics one) {
    String site = one.callSite().isEmpty() ? "" : "  at " + one.callSite();
    return String.format(
        Locale.ROOT,
        "%9d %10.1f %10.3f %10.3f %10d %8d  %s%s%n",
        one.calls(),
        millis(one.executeTime().toNanos()),
        millis(one.mean().toNanos()),
        millis(one.percentile(0.99).toNanos()),
        one.rows(),
        errors(one),
        cut(one.fingerprint()),
        site);
  }

  private static String sum(List<QueryStatistics> figures, String name) {
    long calls = figures.stream().mapToLong(QueryStatistics::calls).sum();
    long nanos = figures.stream().mapToLong(one -> one.executeTime().toNanos()).sum();
    return String.format(
        Locale.ROOT,
        "%9d %10.1f %10.3f %10s %10d %8d  (%s)%n",
        calls,
        millis(nanos),
        millis(nanos / Math.max(1, calls)),
        "",
        figures.stream().mapToLong(QueryStatistics::rows).sum(),
        figures.stream().mapToLong(ReportText::errors).sum(),
        name);
  }

  private static long errors(QueryStatistics one) {
    return one.errors().values().stream().mapToLong(Long::longValue).sum();
  }

  private static double millis(long nanos) {
    return nanos / 1e6;
  }

  private static String cut(String query) {
    return query.length() <= QUERY_MAX ? query : query.substring(0, QUERY_MAX) + " …";
  }

  static String json(List<QueryStatistics> figures) {
    return figures.stream().map(ReportText::json).collect(joining(",", "{\"queries\":[", "]}"));
  }

  private static String json(QueryStatistics one) {
    StringBuilder json = new StringBuilder("{");
    json.append("\"query\":").append(quoted(one.fingerprint()));
    json.append(",\"operation\":").append(quoted(one.operation().label()));
    json.append(",\"calls\":").append(one.calls());
    json.append(",\"errors\":").append(errorsJson(one.errors()));
    json.append(",\"rows\":").append(one.rows());
    json.append(",\"executeNanos\":").append(one.executeTime().toNanos());
    json.append(",\"fetchNanos\":").append(one.fetchTime().toNanos());
    json.append(",\"holdNanos\":").append(one.holdTime().toNanos());
    json.append(",\"p50Nanos\":").append(one.percentile(0.5).toNanos());
    json.append(",\"p95Nanos\":").append(one.percentile(0.95).toNanos());
    json.append(",\"p99Nanos\":").append(one.percentile(0.99).toNanos());
    json.append(",\"callSite\":").append(quoted(one.callSite()));
    return json.append('}').toString();
  }

  private static String errorsJson(Map<String, Long> errors) {
    return new TreeMap<>(errors)
        .entrySet().stream()
            .map(error -> quoted(error.getKey()) + ":" + error.getValue())
            .collect(joining(",", "{", "}"));
  }

  private static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < ' ' || Character.isSurrogate(c)) {
        json.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        json.append(c);
      }
    }
    return json.append('"').toString();
  }
}
