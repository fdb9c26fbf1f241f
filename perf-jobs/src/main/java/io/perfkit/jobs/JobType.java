package io.perfkit.jobs;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * A kind of job: its name, which is stored, its payload class, which is not, and the rules of its
 * attempts. Immutable: each method returns a copy. Keep it in a constant that producers and
 * handlers share.
 *
 * @param <T> payload, a record as a rule
 */
public final class JobType<T> {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

  private final String name;
  private final Class<T> payload;
  private final Rules rules;
  private final int version;
  private final Map<Integer, Upcast<?, T>> upcasts;
  private final Predicate<Throwable> retryable;

  private JobType(
      String name,
      Class<T> payload,
      Rules rules,
      int version,
      Map<Integer, Upcast<?, T>> upcasts,
      Predicate<Throwable> retryable) {
    this.name = name;
    this.payload = payload;
    this.rules = rules;
    this.version = version;
    this.upcasts = upcasts;
    this.retryable = retryable;
  }

  /** What is true of each attempt, in one value. */
  private record Rules(
      String queue,
      Priority priority,
      int attempts,
      Backoff backoff,
      Duration timeout,
      int perKey) {
    Rules {
      requireName("queue", queue);
      requireNonNull(priority, "priority");
      requireNonNull(backoff, "backoff");
      requireBetween("attempts", attempts, 1, 1_000);
      requireBetween("perKey", perKey, 1, 1_000);
      if (requireNonNull(timeout, "timeout").compareTo(Duration.ofMillis(1)) < 0
          || timeout.compareTo(Duration.ofDays(7)) > 0) {
        throw new IllegalArgumentException("timeout: " + timeout + " (expected: 1 ms to 7 d)");
      }
    }
  }

  /** How the payload of an earlier version becomes one of today. */
  record Upcast<V, T>(Class<V> earlier, Function<? super V, ? extends T> function) {
    T apply(Object read) {
      return function.apply(earlier.cast(read));
    }
  }

  /**
   * A type of the queue {@code default} with 3 attempts, {@link Backoff#defaults}, a time-out of 15
   * minutes, {@link Priority#NORMAL} and one job per key at a time.
   *
   * @param name 1 to 100 letters, digits, dots, dashes and underscores; it is stored, so renaming
   *     the class is safe and renaming the type is not
   * @param payload what the handler gets
   */
  public static <T> JobType<T> of(String name, Class<T> payload) {
    return new JobType<>(
        requireName("name", name),
        requireNonNull(payload, "payload"),
        new Rules(
            QueueConfig.DEFAULT_QUEUE,
            Priority.NORMAL,
            3,
            Backoff.defaults(),
            Duration.ofMinutes(15),
            1),
        1,
        Map.of(),
        error -> true);
  }

  static String requireName(String what, String text) {
    if (!NAME.matcher(requireNonNull(text, what)).matches()) {
      throw new IllegalArgumentException(
          what
              + ": '"
              + (text.length() > 100 ? text.substring(0, 100) + "…" : text)
              + "' (expected: 1 to 100 of A-Z a-z 0-9 . _ -, a letter or digit first)");
    }
    return text;
  }

  private static void requireBetween(String what, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          what + ": " + value + " (expected: " + min + " to " + max + ")");
    }
  }

  private JobType<T> with(Rules other) {
    return new JobType<>(name, payload, other, version, upcasts, retryable);
  }

  /** The queue whose workers run jobs of this type. */
  public JobType<T> queue(String queue) {
    return with(
        new Rules(
            queue, rules.priority, rules.attempts, rules.backoff, rules.timeout, rules.perKey));
  }

  /** The class of its jobs in the queue. */
  public JobType<T> priority(Priority priority) {
    return with(
        new Rules(
            rules.queue, priority, rules.attempts, rules.backoff, rules.timeout, rules.perKey));
  }

  /** Most attempts, the first included. */
  public JobType<T> attempts(int attempts) {
    return with(
        new Rules(
            rules.queue, rules.priority, attempts, rules.backoff, rules.timeout, rules.perKey));
  }

  /** The pause before another attempt. */
  public JobType<T> backoff(Backoff backoff) {
    return with(
        new Rules(
            rules.queue, rules.priority, rules.attempts, backoff, rules.timeout, rules.perKey));
  }

  /**
   * Longest time of an attempt. When it is over the handler's thread is interrupted and the attempt
   * counts as failed.
   */
  public JobType<T> timeout(Duration timeout) {
    return with(
        new Rules(
            rules.queue, rules.priority, rules.attempts, rules.backoff, timeout, rules.perKey));
  }

  /** How many jobs of one {@link JobOptions#key} may run at once, over all nodes. */
  public JobType<T> perKey(int jobs) {
    return with(
        new Rules(rules.queue, rules.priority, rules.attempts, rules.backoff, rules.timeout, jobs));
  }

  /** Which failures deserve another attempt; the others make a dead letter. */
  public JobType<T> retryIf(Predicate<Throwable> test) {
    return new JobType<>(name, payload, rules, version, upcasts, requireNonNull(test, "retryIf"));
  }

  /**
   * The version of the payload that this code writes; 1 unless set. A node leaves jobs of a later
   * version to nodes that know it.
   */
  public JobType<T> version(int number) {
    requireBetween("version", number, 1, 10_000);
    return new JobType<>(name, payload, rules, number, upcasts, retryable);
  }

  /**
   * Reads jobs that an earlier version stored.
   *
   * @param earlier the version, below {@link #version(int)}
   * @param shape the payload class of that version
   * @param upcast makes today's payload of it
   */
  public <V> JobType<T> upcast(
      int earlier, Class<V> shape, Function<? super V, ? extends T> upcast) {
    requireBetween("earlier", earlier, 1, version - 1);
    Map<Integer, Upcast<?, T>> all = new TreeMap<>(upcasts);
    all.put(
        earlier,
        new Upcast<V, T>(requireNonNull(shape, "shape"), requireNonNull(upcast, "upcast")));
    return new JobType<>(name, payload, rules, version, Map.copyOf(all), retryable);
  }

  /** The name that is stored. */
  public String name() {
    return name;
  }

  /** The class of the payload. */
  public Class<T> payload() {
    return payload;
  }

  /** The version of the payload that this code writes. */
  public int version() {
    return version;
  }

  /** The queue of its jobs. */
  public String queue() {
    return rules.queue;
  }

  Priority priority() {
    return rules.priority;
  }

  int attempts() {
    return rules.attempts;
  }

  Backoff backoff() {
    return rules.backoff;
  }

  Duration timeout() {
    return rules.timeout;
  }

  int perKey() {
    return rules.perKey;
  }

  boolean retries(Throwable error) {
    return retryable.test(error);
  }

  /** How payloads of an earlier version are read; empty for a version without a rule. */
  Optional<Upcast<?, T>> upcastFrom(int earlier) {
    return Optional.ofNullable(upcasts.get(earlier));
  }

  @Override
  public String toString() {
    return name;
  }
}
