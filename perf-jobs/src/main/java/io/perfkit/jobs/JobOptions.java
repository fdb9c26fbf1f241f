package io.perfkit.jobs;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What one call of {@link Jobs#enqueue} asks for beyond the rules of the {@link JobType}.
 * Immutable: each method returns a copy.
 */
public final class JobOptions {
  static final Duration LONGEST = Duration.ofDays(3_660);
  static final JobOptions NONE =
      new JobOptions(null, null, Duration.ZERO, Duration.ZERO, null, Map.of());

  private final @Nullable String key;
  private final @Nullable String unique;
  private final Duration uniqueFor;
  private final Duration delay;
  private final @Nullable Priority priority;
  private final Map<String, String> headers;

  private JobOptions(
      @Nullable String key,
      @Nullable String unique,
      Duration uniqueFor,
      Duration delay,
      @Nullable Priority priority,
      Map<String, String> headers) {
    this.key = key;
    this.unique = unique;
    this.uniqueFor = uniqueFor;
    this.delay = delay;
    this.priority = priority;
    this.headers = headers;
  }

  /**
   * Jobs of one key run in the order of their enqueueing, as many at once as {@link
   * JobType#perKey}, over all nodes.
   *
   * @param text 1 to 200 characters
   */
  public JobOptions key(String text) {
    return new JobOptions(named("key", text), unique, uniqueFor, delay, priority, headers);
  }

  /**
   * Stores the job only if no job of its queue with this unique key is stored and unfinished.
   *
   * @param text 1 to 200 characters
   */
  public JobOptions unique(String text) {
    return new JobOptions(key, named("unique", text), Duration.ZERO, delay, priority, headers);
  }

  /**
   * Stores the job only if no job of its queue with this unique key was stored within {@code
   * window}, finished or not.
   *
   * @param text 1 to 200 characters
   */
  public JobOptions unique(String text, Duration window) {
    if (requireNonNull(window, "window").compareTo(Duration.ofMillis(1)) < 0
        || window.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "window: " + window + " (expected: 1 ms to " + LONGEST + ")");
    }
    return new JobOptions(key, named("unique", text), window, delay, priority, headers);
  }

  /** Starts the job no earlier than this long after it was stored, by the store's clock. */
  public JobOptions delay(Duration span) {
    if (requireNonNull(span, "delay").isNegative() || span.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException("delay: " + span + " (expected: 0 to " + LONGEST + ")");
    }
    return new JobOptions(key, unique, uniqueFor, span, priority, headers);
  }

  /** Another class than that of the type. */
  public JobOptions priority(Priority other) {
    return new JobOptions(
        key, unique, uniqueFor, delay, requireNonNull(other, "priority"), headers);
  }

  /**
   * A text that travels with the job, such as a trace context; at most 16 of them.
   *
   * @param name 1 to 200 characters
   * @param value at most 1,000 characters
   */
  public JobOptions header(String name, String value) {
    named("header", name);
    if (requireNonNull(value, "value").length() > 1_000) {
      throw new IllegalArgumentException(
          "header " + name + ": " + value.length() + " characters (expected: at most 1000)");
    }
    Map<String, String> all = new TreeMap<>(headers);
    all.put(name, value);
    if (all.size() > 16) {
      throw new IllegalArgumentException("headers: " + all.size() + " (expected: at most 16)");
    }
    return new JobOptions(key, unique, uniqueFor, delay, priority, Map.copyOf(all));
  }

  static String named(String what, String text) {
    if (requireNonNull(text, what).isEmpty() || text.length() > 200 || text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          what + ": " + text.length() + " characters (expected: 1 to 200, no NUL)");
    }
    return text;
  }

  @Nullable String keyOrNull() {
    return key;
  }

  @Nullable String uniqueOrNull() {
    return unique;
  }

  long uniqueMillis() {
    return uniqueFor.toMillis();
  }

  long delayMillis() {
    return delay.toMillis();
  }

  Optional<Priority> priority() {
    return Optional.ofNullable(priority);
  }

  Map<String, String> headers() {
    return headers;
  }
}
