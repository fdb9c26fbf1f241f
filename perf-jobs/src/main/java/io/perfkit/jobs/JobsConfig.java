package io.perfkit.jobs;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * Settings of one {@link Jobs}. Immutable. Nodes of one application may differ in all of them.
 *
 * @param lease how long a node that sends no heartbeat keeps its jobs; a heartbeat is sent three
 *     times as often; default 10 s
 * @param poll longest pause of an idle queue between two looks at the store; wake-ups come sooner;
 *     default 1 s
 * @param grace how long a handler may ignore the interrupt at its time-out before its worker is
 *     replaced; default 10 s
 * @param drain longest wait of {@link Jobs#close} for running jobs; default 20 s
 * @param maxBatch most jobs that a worker claims at once; default 100
 * @param maxPayloadBytes longest encoded payload; default 64 KiB
 * @param maxCrashes how often nodes may die with a job before it becomes a dead letter; default 3
 * @param keepDead how long dead letters are kept; default 30 days
 * @param queues settings by queue; others have {@link QueueConfig#defaults}
 */
public record JobsConfig(
    Duration lease,
    Duration poll,
    Duration grace,
    Duration drain,
    int maxBatch,
    int maxPayloadBytes,
    int maxCrashes,
    Duration keepDead,
    Map<String, QueueConfig> queues) {
  public JobsConfig {
    requireBetween("lease", lease, Duration.ofMillis(100), Duration.ofHours(1));
    requireBetween("poll", poll, Duration.ofMillis(1), Duration.ofMinutes(1));
    requireBetween("grace", grace, Duration.ZERO, Duration.ofHours(1));
    requireBetween("drain", drain, Duration.ZERO, Duration.ofHours(1));
    requireBetween("maxBatch", maxBatch, 1, 1_000);
    requireBetween("maxPayloadBytes", maxPayloadBytes, 1, 16 << 20);
    requireBetween("maxCrashes", maxCrashes, 0, 1_000);
    requireBetween("keepDead", keepDead, Duration.ofSeconds(1), Duration.ofDays(3_660));
    queues = Map.copyOf(queues);
    queues.keySet().forEach(queue -> JobType.requireName("queue", queue));
  }

  private static void requireBetween(String what, Duration value, Duration min, Duration max) {
    if (requireNonNull(value, what).compareTo(min) < 0 || value.compareTo(max) > 0) {
      throw new IllegalArgumentException(
          what + ": " + value + " (expected: " + min + " to " + max + ")");
    }
  }

  private static void requireBetween(String what, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          what + ": " + value + " (expected: " + min + " to " + max + ")");
    }
  }

  /** The settings of a queue. */
  public QueueConfig queue(String name) {
    return queues.getOrDefault(name, QueueConfig.defaults());
  }

  /** The defaults. */
  public static JobsConfig defaults() {
    return builder().build();
  }

  /** A builder that begins with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that begins with these settings. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.lease = lease;
    builder.poll = poll;
    builder.grace = grace;
    builder.drain = drain;
    builder.maxBatch = maxBatch;
    builder.maxPayloadBytes = maxPayloadBytes;
    builder.maxCrashes = maxCrashes;
    builder.keepDead = keepDead;
    builder.queues.putAll(queues);
    return builder;
  }

  /** Collects settings; each method is named after its component. One thread at a time. */
  public static final class Builder {
    private Duration lease = Duration.ofSeconds(10);
    private Duration poll = Duration.ofSeconds(1);
    private Duration grace = Duration.ofSeconds(10);
    private Duration drain = Duration.ofSeconds(20);
    private int maxBatch = 100;
    private int maxPayloadBytes = 64 << 10;
    private int maxCrashes = 3;
    private Duration keepDead = Duration.ofDays(30);
    private final Map<String, QueueConfig> queues = new TreeMap<>();

    private Builder() {}

    /** See {@link JobsConfig#lease}. */
    public Builder lease(Duration duration) {
      lease = duration;
      return this;
    }

    /** See {@link JobsConfig#poll}. */
    public Builder poll(Duration pause) {
      poll = pause;
      return this;
    }

    /** See {@link JobsConfig#grace}. */
    public Builder grace(Duration wait) {
      grace = wait;
      return this;
    }

    /** See {@link JobsConfig#drain}. */
    public Builder drain(Duration wait) {
      drain = wait;
      return this;
    }

    /** See {@link JobsConfig#maxBatch}. */
    public Builder maxBatch(int jobs) {
      maxBatch = jobs;
      return this;
    }

    /** See {@link JobsConfig#maxPayloadBytes}. */
    public Builder maxPayloadBytes(int bytes) {
      maxPayloadBytes = bytes;
      return this;
    }

    /** See {@link JobsConfig#maxCrashes}. */
    public Builder maxCrashes(int crashes) {
      maxCrashes = crashes;
      return this;
    }

    /** See {@link JobsConfig#keepDead}. */
    public Builder keepDead(Duration age) {
      keepDead = age;
      return this;
    }

    /** Settings of one queue. */
    public Builder queue(String name, QueueConfig config) {
      queues.put(name, config);
      return this;
    }

    /** Settings of the queue {@link QueueConfig#DEFAULT_QUEUE}. */
    public Builder queue(QueueConfig config) {
      return queue(QueueConfig.DEFAULT_QUEUE, config);
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException if one breaks its rule
     */
    public JobsConfig build() {
      return new JobsConfig(
          lease, poll, grace, drain, maxBatch, maxPayloadBytes, maxCrashes, keepDead, queues);
    }
  }
}
