package io.perfkit.monitoring.alert;

import io.micrometer.core.instrument.Meter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * One figure of a rule: a meter, the tags that its series must have, and what of them is read.
 * Immutable.
 */
record Term(String meter, Map<String, String> tags, Function function) {
  Term {
    tags = Map.copyOf(tags);
  }

  /** The same, as part of a ratio: of counters their increase. */
  Term inRatio() {
    return function == Function.DEFAULT ? new Term(meter, tags, Function.COUNT) : this;
  }

  /**
   * The same, unless a meter has its whole name: {@code jvm.memory.max} is a meter and no maximum.
   */
  Term in(Map<String, List<Meter>> meters) {
    String whole = meter + "." + function.name().toLowerCase(Locale.ROOT);
    return function != Function.DEFAULT && meters.containsKey(whole)
        ? new Term(whole, tags, Function.COUNT)
        : this;
  }

  @Override
  public String toString() {
    String suffix =
        function == Function.DEFAULT ? "" : "." + function.name().toLowerCase(Locale.ROOT);
    return meter + suffix + selector(tags, "=");
  }

  static String selector(Map<String, String> tags, String equals) {
    return tags.isEmpty()
        ? ""
        : new TreeMap<>(tags)
            .entrySet().stream()
                .map(tag -> tag.getKey() + equals + '"' + tag.getValue() + '"')
                .collect(Collectors.joining(",", "{", "}"));
  }
}
