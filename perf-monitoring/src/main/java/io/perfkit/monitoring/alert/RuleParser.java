package io.perfkit.monitoring.alert;

import static java.util.Objects.requireNonNull;

import io.perfkit.monitoring.alert.RuleTokens.Kind;
import io.perfkit.monitoring.alert.RuleTokens.Token;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a rule: {@code [name:] condition {and condition} {option}}. One thread at a time.
 *
 * <p>A condition is {@code quantity comparison number}; a quantity is {@code term}, {@code term /
 * term} or {@code burn(ratio, objective, long, short)}; a term is a meter or an alias, a function
 * such as {@code .p95}, and tags in braces.
 */
final class RuleParser {
  private static final Pattern NUMBER = Pattern.compile("(-?[0-9.eE-]+?)(%|ms|s|m|h|d|KB|MB|GB)?");
  private static final Pattern UNDERSCORED = Pattern.compile("(.+)_(p50|p95|p99)");
  private static final Duration MAX = Duration.ofDays(30);
  private static final int MAX_CONDITIONS = 10;

  private final RuleTokens tokens;

  private RuleParser(RuleTokens tokens) {
    this.tokens = tokens;
  }

  static AlertRule parse(String text) {
    RuleParser parser = new RuleParser(new RuleTokens(text));
    return parser.rule();
  }

  private AlertRule rule() {
    String name = "";
    if (tokens.peek().kind() == Kind.WORD && tokens.peekSecond().is(":")) {
      name = tokens.take().text();
      tokens.take(":");
    }
    AlertRule.Draft draft = new AlertRule.Draft(name, conditions());
    Set<String> seen = new HashSet<>();
    while (tokens.peek().kind() != Kind.END) {
      Token option = tokens.take(Kind.WORD, "an option");
      if (!seen.add(option.text())) {
        throw tokens.problem(option, "each option once");
      }
      option(draft, option);
    }
    return draft.build();
  }

  private List<Condition> conditions() {
    List<Condition> conditions = new ArrayList<>();
    do {
      Token start = tokens.peek();
      if (conditions.size() == MAX_CONDITIONS) {
        throw tokens.problem(start, "at most " + MAX_CONDITIONS + " conditions");
      }
      conditions.add(condition());
    } while (tokens.takeIf("and"));
    return conditions;
  }

  private Condition condition() {
    Quantity quantity =
        tokens.peek().is("burn") && tokens.peekSecond().is("(") ? burn() : quantity();
    Token sign = tokens.take();
    Comparison comparison =
        Comparison.of(sign.text())
            .orElseThrow(() -> tokens.problem(sign, "one of > >= < <= == !="));
    double threshold = number();
    return new Condition(quantity, comparison, threshold, comparison.resolveAt(threshold));
  }

  private Quantity burn() {
    tokens.take("burn");
    tokens.take("(");
    Quantity ratio = quantity();
    tokens.take(",");
    Token at = tokens.peek();
    double objective = number();
    if (!(objective > 0 && objective < 1)) {
      throw tokens.problem(at, "an objective between 0 and 1");
    }
    tokens.take(",");
    Duration longer = duration();
    tokens.take(",");
    Token second = tokens.peek();
    Duration shorter = duration();
    if (shorter.compareTo(longer) >= 0) {
      throw tokens.problem(second, "a window shorter than the first");
    }
    tokens.take(")");
    if (ratio.bottom() == null) {
      throw tokens.problem(at, "a ratio before the objective");
    }
    // 1 - 0.999 is not 0.001 in binary
    double budget = Math.round((1 - objective) * 1e12) / 1e12;
    return new Quantity(ratio.top(), ratio.bottom(), budget, List.of(longer, shorter));
  }

  private Quantity quantity() {
    Token start = tokens.peek();
    Quantity first = named();
    if (!tokens.takeIf("/")) {
      return first;
    }
    Token second = tokens.peek();
    Quantity last = named();
    if (first.bottom() != null) {
      throw tokens.problem(start, "a name that is no ratio itself");
    }
    if (last.bottom() != null) {
      throw tokens.problem(second, "a name that is no ratio itself");
    }
    return ratio(first.top(), last.top());
  }

  private static Quantity ratio(Term top, Term bottom) {
    return new Quantity(top.inRatio(), bottom.inRatio(), 1, List.of(AlertRule.DEFAULT_WINDOW));
  }

  /** A meter, or what an alias stands for. */
  private Quantity named() {
    Token token = tokens.take(Kind.WORD, "a meter");
    Matcher underscored = UNDERSCORED.matcher(token.text());
    String name =
        underscored.matches() ? underscored.group(1) + "." + underscored.group(2) : token.text();
    Function function = Function.DEFAULT;
    String base = name;
    if (Aliases.of(name).isEmpty()) {
      int dot = name.lastIndexOf('.');
      function = functionOf(name.substring(dot + 1));
      base = function == Function.DEFAULT || dot < 0 ? name : name.substring(0, dot);
      function = dot < 0 ? Function.DEFAULT : function;
    }
    Map<String, String> tags = tags();
    String alias = Aliases.of(base).orElse(null);
    if (alias == null) {
      return single(new Term(base, tags, function));
    }
    Quantity meant = new RuleParser(new RuleTokens(alias)).quantity();
    if (meant.bottom() != null && (function != Function.DEFAULT || !tags.isEmpty())) {
      throw tokens.problem(token, "'" + base + "' alone, since it is a ratio");
    }
    return meant.bottom() != null ? meant : single(with(meant.top(), tags, function));
  }

  private static Quantity single(Term term) {
    return new Quantity(term, null, 1, List.of(AlertRule.DEFAULT_WINDOW));
  }

  private static Term with(Term term, Map<String, String> tags, Function function) {
    Map<String, String> all = new HashMap<>(term.tags());
    all.putAll(tags);
    return new Term(term.meter(), all, function == Function.DEFAULT ? term.function() : function);
  }

  private static Function functionOf(String last) {
    for (Function function : Function.values()) {
      if (function != Function.DEFAULT && function.name().toLowerCase(Locale.ROOT).equals(last)) {
        return function;
      }
    }
    return Function.DEFAULT;
  }

  private Map<String, String> tags() {
    Map<String, String> tags = new HashMap<>();
    if (!tokens.takeIf("{")) {
      return tags;
    }
    do {
      String key = tokens.take(Kind.WORD, "a tag").text();
      tokens.take("=");
      tags.put(key, tokens.take(Kind.STRING, "a value in double quotes").text());
    } while (tokens.takeIf(","));
    tokens.take("}");
    return tags;
  }

  private void option(AlertRule.Draft draft, Token option) {
    switch (option.text()) {
      case "for" -> draft.holds = duration();
      case "keep" -> draft.keep = duration();
      case "over" -> draft.over(duration());
      case "resolve" -> resolve(draft, option);
      case "min" -> {
        draft.minSamples = (int) number();
        tokens.take("samples");
      }
      case "by" -> draft.by = tokens.take(Kind.WORD, "a tag").text();
      case "nodata" -> draft.noData = word(NoData.values());
      case "severity" -> draft.severity = word(Severity.values());
      case "action" -> draft.action = tokens.take(Kind.STRING, "a text in double quotes").text();
      default ->
          throw tokens.problem(
              option, "and, for, keep, over, resolve, min, by, nodata, severity or action");
    }
  }

  private void resolve(AlertRule.Draft draft, Token option) {
    if (draft.conditions.size() != 1) {
      throw tokens.problem(option, "no resolve threshold for several conditions");
    }
    draft.conditions.set(0, draft.conditions.get(0).resolvedAt(number()));
  }

  private <E extends Enum<E>> E word(E[] values) {
    Token token = tokens.take();
    for (E value : values) {
      if (value.name().toLowerCase(Locale.ROOT).equals(token.text())) {
        return value;
      }
    }
    List<String> names = new ArrayList<>();
    for (E value : values) {
      names.add(value.name().toLowerCase(Locale.ROOT));
    }
    throw tokens.problem(token, String.join(", ", names));
  }

  private Duration duration() {
    Token token = tokens.take(Kind.NUMBER, "a duration such as 5m");
    Matcher parts = NUMBER.matcher(token.text());
    Long millis = parts.matches() ? millis(parts.group(2)) : null;
    if (millis == null) {
      throw tokens.problem(token, "a duration such as 5m");
    }
    double total = Double.parseDouble(parts.group(1)) * millis;
    if (!(total >= 0 && total <= MAX.toMillis())) {
      throw tokens.problem(token, "0s to 30d");
    }
    return Duration.ofMillis((long) total);
  }

  private static @Nullable Long millis(@Nullable String unit) {
    if (unit == null) {
      return null;
    }
    return switch (unit) {
      case "ms" -> 1L;
      case "s" -> 1_000L;
      case "m" -> 60_000L;
      case "h" -> 3_600_000L;
      case "d" -> 86_400_000L;
      default -> null;
    };
  }

  /** A threshold: times in milliseconds, sizes in bytes, a per cent as a share. */
  private double number() {
    Token token = tokens.take(Kind.NUMBER, "a number");
    Matcher parts = NUMBER.matcher(token.text());
    if (!parts.matches()) {
      throw tokens.problem(token, "a number");
    }
    double number = Double.parseDouble(parts.group(1));
    if (!Double.isFinite(number)) {
      throw tokens.problem(token, "a finite number");
    }
    String unit = parts.group(2) == null ? "" : parts.group(2);
    return switch (unit) {
      case "" -> number;
      case "%" -> number / 100;
      case "KB" -> number * 1024;
      case "MB" -> number * 1024 * 1024;
      case "GB" -> number * 1024 * 1024 * 1024;
      default -> number * (double) requireNonNull(millis(unit));
    };
  }
}
