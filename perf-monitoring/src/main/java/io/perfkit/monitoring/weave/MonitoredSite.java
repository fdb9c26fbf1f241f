package io.perfkit.monitoring.weave;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.perfkit.weave.Site;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** One {@code @Monitored} method while it is woven: what its annotation says, checked. */
final class MonitoredSite {
  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_.]*");
  private static final Pattern SLOW = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");
  private static final Map<String, Long> MILLIS =
      Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);
  private static final Set<String> OWN = Set.of("class", "method", "outcome");

  private final Site site;
  private final Monitored annotation;

  MonitoredSite(Site site, Monitored annotation) {
    this.site = site;
    this.annotation = annotation;
  }

  Site site() {
    return site;
  }

  String name() {
    return annotation.name();
  }

  /** As {@code OrderService.place}, to name it in calls and in slow calls. */
  String method() {
    return site.type().getSimpleName() + "." + site.annotated().getName();
  }

  /** All tags but the outcome. */
  Tags tags() {
    return Tags.of("class", site.type().getName(), "method", site.annotated().getName())
        .and(annotation.tags());
  }

  /** The keys that all methods of its name must have. */
  Set<String> keys() {
    return tags().stream().map(Tag::getKey).collect(Collectors.toCollection(TreeSet::new));
  }

  /** A time that is longer than nanoseconds can count is never reached. */
  long slowNanos() {
    Matcher slow = SLOW.matcher(annotation.slow());
    if (!slow.matches()) {
      return Long.MAX_VALUE;
    }
    long millis = Long.parseLong(slow.group(1)) * requireNonNull(MILLIS.get(slow.group(2)));
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }

  /** Refuses what is wrong with the annotation alone; whether nothing is. */
  boolean isSound() {
    List<String> problems = new ArrayList<>();
    if (!NAME.matcher(name()).matches()) {
      problems.add("name: '" + name() + "' (expected: letters, digits, _ and ., a letter first)");
    }
    slowProblem().ifPresent(problems::add);
    tagProblem().ifPresent(problems::add);
    problems.forEach(site::refuse);
    return problems.isEmpty();
  }

  private Optional<String> slowProblem() {
    String slow = annotation.slow();
    Matcher parts = SLOW.matcher(slow);
    if (slow.isEmpty() || (parts.matches() && Long.parseLong(parts.group(1)) > 0)) {
      return Optional.empty();
    }
    return Optional.of("slow: '" + slow + "' (expected: a number and ms, s, m, h or d)");
  }

  private Optional<String> tagProblem() {
    String[] tags = annotation.tags();
    if (tags.length % 2 != 0) {
      return Optional.of("tags: " + List.of(tags) + " (expected: key, value, key, value)");
    }
    Set<String> seen = new TreeSet<>(OWN);
    for (int i = 0; i < tags.length; i += 2) {
      if (!NAME.matcher(tags[i]).matches()) {
        return Optional.of("tags: key '" + tags[i] + "' (expected: letters, digits, _ and .)");
      }
      if (tags[i + 1].isBlank()) {
        return Optional.of("tags: '" + tags[i] + "' has a blank value (expected: a text)");
      }
      if (!seen.add(tags[i].toLowerCase(Locale.ROOT))) {
        return Optional.of(
            "tags: key '" + tags[i] + "' (expected: once, and none of class, method, outcome)");
      }
    }
    return Optional.empty();
  }
}
