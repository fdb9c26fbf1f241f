package io.perfkit.monitoring.alert;

import io.micrometer.core.instrument.Meter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads one quantity over its windows, for each scope. One thread at a time. */
final class QuantityReader {
  private final double budget;
  private final List<Pair> pairs = new ArrayList<>();

  private record Pair(TermReader top, @Nullable TermReader bottom) {}

  QuantityReader(Quantity quantity, @Nullable String by, int maxScopes) {
    this.budget = quantity.budget();
    Term bottom = quantity.bottom();
    for (Duration window : quantity.windows()) {
      pairs.add(
          new Pair(
              new TermReader(quantity.top(), window, by, maxScopes),
              bottom == null ? null : new TermReader(bottom, window, by, maxScopes)));
    }
  }

  Map<String, Reading> read(Map<String, List<Meter>> meters, long now) {
    Map<String, Reading> smallest = new TreeMap<>();
    for (Pair pair : pairs) {
      read(pair, meters, now)
          .forEach((scope, reading) -> smallest.merge(scope, reading, QuantityReader::smaller));
    }
    return smallest;
  }

  private Map<String, Reading> read(Pair pair, Map<String, List<Meter>> meters, long now) {
    Map<String, Reading> tops = pair.top().read(meters, now);
    if (pair.bottom() == null) {
      return tops;
    }
    Map<String, Reading> bottoms = pair.bottom().read(meters, now);
    Map<String, Reading> ratios = new TreeMap<>();
    Set<String> scopes = new TreeSet<>(tops.keySet());
    scopes.addAll(bottoms.keySet());
    for (String scope : scopes) {
      ratios.put(scope, ratio(tops.get(scope), bottoms.get(scope)));
    }
    return ratios;
  }

  private Reading ratio(@Nullable Reading top, @Nullable Reading bottom) {
    if (bottom == null || bottom.isMissing() || bottom.value() == 0) {
      return Reading.NONE;
    }
    boolean counts = Double.isFinite(bottom.samples());
    if (top == null || top.isMissing()) { // of what never happened there is no series
      return counts ? new Reading(0, bottom.samples()) : Reading.NONE;
    }
    return new Reading(top.value() / bottom.value() / budget, bottom.samples());
  }

  private static Reading smaller(Reading one, Reading other) {
    if (one.isMissing() || other.isMissing()) {
      return Reading.NONE;
    }
    return new Reading(
        Math.min(one.value(), other.value()), Math.min(one.samples(), other.samples()));
  }
}
