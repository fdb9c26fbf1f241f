package io.perfkit.examples.marketplace.load;

import static java.util.stream.Collectors.joining;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import io.perfkit.db.query.RepeatedQuery;
import io.perfkit.examples.marketplace.DatabaseReport;
import io.perfkit.examples.marketplace.Variant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What a side asked of its database, in a few lines under the table. */
final class DatabaseText {
  private static final int QUERY_HEAD = 36;
  private static final int QUERY_TAIL = 60;

  private DatabaseText() {}

  static String of(Variant variant, DatabaseReport report) {
    StringBuilder text = new StringBuilder();
    line(text, "%s, what took PostgreSQL longest, warm-up included:", variant.label());
    line(text, "%10s %9s %8s", "calls", "seconds", "mean ms");
    for (DatabaseReport.Statement each : report.heaviest()) {
      String query = cut(each.query());
      line(text, "%,10d %9.1f %8.2f  %s", each.calls(), each.seconds(), each.meanMillis(), query);
    }
    repeated(text, report.repeated());
    report.pool().forEach(sentence -> line(text, "  pool: %s", sentence));
    return text.toString().stripTrailing();
  }

  private static void repeated(StringBuilder text, List<RepeatedQuery> repeated) {
    if (repeated.isEmpty()) {
      line(text, "  nothing is asked again and again within a request (no N+1)");
    }
    for (RepeatedQuery each : repeated) {
      String kind = each.kind() == RepeatedQuery.Kind.N_PLUS_ONE ? "N+1" : "the same";
      line(text, "  %s: %s", kind, cut(each.fingerprint()));
      line(
          text,
          "      up to %d times in each of %,d requests, %.1f s, at %s",
          each.most(),
          each.scopes(),
          each.cost().toNanos() / 1e9,
          place(each.callPath()));
      each.parent().ifPresent(query -> line(text, "      for each of  %s", cut(query)));
      each.rewritten().ifPresent(query -> line(text, "      instead      %s", cut(query)));
    }
  }

  /** The line that asks, as a reader looks for it: not the helper through which all SQL goes. */
  private static String place(String callPath) {
    return Arrays.stream(callPath.split(" < "))
        .map(frame -> frame.replaceAll(".*\\.(\\w+\\.[\\w$]+:)", "$1"))
        .dropWhile(frame -> frame.startsWith("Sql."))
        .limit(3)
        .collect(joining(" < "));
  }

  /** What tells queries apart is mostly at their ends. */
  private static String cut(String query) {
    int tail = query.length() - QUERY_TAIL;
    return tail <= QUERY_HEAD + 3
        ? query
        : query.substring(0, QUERY_HEAD) + " … " + query.substring(tail);
  }

  @FormatMethod
  private static void line(StringBuilder text, @FormatString String format, Object... arguments) {
    text.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }
}
