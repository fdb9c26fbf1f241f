package io.perfkit.monitoring;

import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * The series of one meter, as many as its limit allows. Thread safe.
 *
 * <p>A series that was admitted stays so; every other one maps to a series that overflows, so that
 * the sum over all series is exact.
 */
final class MeterSeries {
  private final SeriesLimit limit;
  private final Set<Tags> admitted = ConcurrentHashMap.newKeySet();
  private final LongAdder overflowed = new LongAdder();

  /* Guarded by this: the values of each tag that are admitted. */
  private final Map<String, Set<String>> values = new HashMap<>();

  MeterSeries(SeriesLimit limit) {
    this.limit = limit;
  }

  /** The tags themselves, or those of the series in their place. */
  Tags admit(Tags tags) {
    return admitted.contains(tags) ? tags : decide(tags);
  }

  private synchronized Tags decide(Tags tags) {
    Tags bounded = withBoundedValues(tags);
    if (admitted.contains(bounded) || isOverflow(bounded)) {
      countIfChanged(tags, bounded);
      return bounded;
    }
    if (admitted.size() < limit.maxSeries()) {
      bounded.forEach(tag -> valuesOf(tag).add(tag.getValue()));
      admitted.add(bounded);
      countIfChanged(tags, bounded);
      return bounded;
    }
    overflowed.increment();
    List<Tag> all = new ArrayList<>();
    tags.forEach(tag -> all.add(Tag.of(tag.getKey(), SeriesLimit.OVERFLOW)));
    return Tags.of(all);
  }

  private Tags withBoundedValues(Tags tags) {
    List<Tag> bounded = new ArrayList<>();
    for (Tag tag : tags) {
      Set<String> known = valuesOf(tag);
      boolean fits =
          known.contains(tag.getValue())
              || tag.getValue().equals(SeriesLimit.OVERFLOW)
              || known.size() < limit.maxTagValues();
      bounded.add(fits ? tag : Tag.of(tag.getKey(), SeriesLimit.OVERFLOW));
    }
    return Tags.of(bounded);
  }

  private Set<String> valuesOf(Tag tag) {
    return values.computeIfAbsent(tag.getKey(), key -> new HashSet<>());
  }

  private static boolean isOverflow(Tags tags) {
    return tags.stream().allMatch(tag -> tag.getValue().equals(SeriesLimit.OVERFLOW));
  }

  private void countIfChanged(Tags asked, Tags given) {
    if (!asked.equals(given)) {
      overflowed.increment();
    }
  }

  /** How often a series was replaced by one that overflows. */
  long overflowed() {
    return overflowed.sum();
  }

  int series() {
    return admitted.size();
  }
}
