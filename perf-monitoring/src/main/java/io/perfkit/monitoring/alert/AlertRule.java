package io.perfkit.monitoring.alert;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One rule, such as {@code "PoolBusy: pool.active / pool.max > 0.8 for 5m severity warning"}.
 * Immutable. The guide has the language; times are in milliseconds, sizes in bytes, and shares from
 * 0 to 1.
 */
public final class AlertRule {
  /** Over which counters and timers are read. */
  static final Duration DEFAULT_WINDOW = Duration.ofMinutes(1);

  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_.]{0,99}");

  private final String name;
  private final List<Condition> conditions;
  private final Duration holds;
  private final Duration keep;
  private final int minSamples;
  private final @Nullable String by;
  private final NoData noData;
  private final Severity severity;
  private final String action;

  /** What a parser fills. One thread at a time. */
  static final class Draft {
    final String name;
    final List<Condition> conditions;
    Duration holds = Duration.ZERO;
    Duration keep = Duration.ofSeconds(30);
    int minSamples;
    @Nullable String by;
    NoData noData = NoData.HOLD;
    Severity severity = Severity.WARNING;
    String action = "";

    Draft(String name, List<Condition> conditions) {
      this.name = name;
      this.conditions = new ArrayList<>(conditions);
      this.minSamples =
          conditions.stream().mapToInt(each -> each.quantity().minSamples()).max().orElse(0);
    }

    void over(Duration window) {
      conditions.replaceAll(condition -> condition.over(window));
    }

    AlertRule build() {
      return new AlertRule(this);
    }
  }

  private AlertRule(Draft draft) {
    this.conditions = List.copyOf(draft.conditions);
    this.name = draft.name.isEmpty() ? nameOf(conditions) : draft.name;
    this.holds = draft.holds;
    this.keep = draft.keep;
    this.minSamples = draft.minSamples;
    this.by = draft.by;
    this.noData = draft.noData;
    this.severity = draft.severity;
    this.action = draft.action;
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "name: '" + name + "' (expected: letters, digits, _ and ., at most 100)");
    }
    if (minSamples < 0) {
      throw new IllegalArgumentException("min: " + minSamples + " samples (expected: 0 or more)");
    }
    for (Condition condition : conditions) {
      for (Duration window : condition.quantity().windows()) {
        if (window.compareTo(Duration.ofSeconds(1)) < 0) {
          throw new IllegalArgumentException("over: " + window + " (expected: 1s to 30d)");
        }
      }
    }
  }

  /** The first term with its comparison, as {@code http_server_requests_p95_gt}. */
  private static String nameOf(List<Condition> conditions) {
    Condition first = conditions.get(0);
    Term term = first.quantity().top();
    String function =
        term.function() == Function.DEFAULT
            ? ""
            : "_" + term.function().name().toLowerCase(Locale.ROOT);
    return term.meter().replace('.', '_')
        + function
        + "_"
        + first.comparison().name().toLowerCase(Locale.ROOT);
  }

  /**
   * Reads a rule.
   *
   * @throws IllegalArgumentException with the column, what was expected there, and a caret
   */
  public static AlertRule parse(String text) {
    return RuleParser.parse(requireNonNull(text, "text"));
  }

  /** The name that it was given, or one made of its first meter. */
  public String name() {
    return name;
  }

  /** How urgent it is; a warning if the rule does not say. */
  public Severity severity() {
    return severity;
  }

  /** What to do; empty if the rule does not say. */
  public String action() {
    return action;
  }

  /** The conditions alone, with the names of real meters in place of aliases. */
  public String expression() {
    return conditions.stream().map(Condition::toString).collect(Collectors.joining(" and "));
  }

  List<Condition> conditions() {
    return conditions;
  }

  List<Term> terms() {
    List<Term> terms = new ArrayList<>();
    for (Condition condition : conditions) {
      terms.add(condition.quantity().top());
      Term bottom = condition.quantity().bottom();
      if (bottom != null) {
        terms.add(bottom);
      }
    }
    return terms;
  }

  Duration holds() {
    return holds;
  }

  Duration keep() {
    return keep;
  }

  int minSamples() {
    return minSamples;
  }

  @Nullable String by() {
    return by;
  }

  NoData noData() {
    return noData;
  }

  /** The whole rule, which {@link #parse} reads as the same rule. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(name + ": " + expression());
    text.append(" for ").append(RuleText.duration(holds));
    text.append(" keep ").append(RuleText.duration(keep));
    Duration window = conditions.get(0).quantity().windows().get(0);
    if (!conditions.get(0).quantity().isBurnRate()) {
      text.append(" over ").append(RuleText.duration(window));
    }
    if (conditions.size() == 1) {
      text.append(" resolve ").append(RuleText.number(conditions.get(0).resolve()));
    }
    text.append(" min ").append(minSamples).append(" samples");
    if (by != null) {
      text.append(" by ").append(by);
    }
    text.append(" nodata ").append(noData.name().toLowerCase(Locale.ROOT));
    text.append(" severity ").append(severity.name().toLowerCase(Locale.ROOT));
    return action.isEmpty() ? text.toString() : text + " action \"" + action + "\"";
  }
}
