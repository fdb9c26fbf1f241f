package io.perfkit.jobs;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Settings of one queue on this node. Immutable.
 *
 * @param workers jobs of the queue that run at once on this node; default 4
 * @param capacity most jobs that are stored and not yet started, over all nodes; default 1,000
 * @param onFull what an enqueue does when the queue is full; default {@link Overflow#BLOCK}
 * @param maxWait longest wait of an enqueue for a place; default 5 s
 */
public record QueueConfig(int workers, int capacity, Overflow onFull, Duration maxWait) {
  /** The queue of types that name none. */
  public static final String DEFAULT_QUEUE = "default";

  public QueueConfig {
    requireBetween("workers", workers, 1, 10_000);
    requireBetween("capacity", capacity, 1, 100_000_000);
    requireNonNull(onFull, "onFull");
    if (requireNonNull(maxWait, "maxWait").isNegative()
        || maxWait.compareTo(Duration.ofHours(1)) > 0) {
      throw new IllegalArgumentException("maxWait: " + maxWait + " (expected: 0 to PT1H)");
    }
  }

  private static void requireBetween(String what, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          what + ": " + value + " (expected: " + min + " to " + max + ")");
    }
  }

  /** The defaults. */
  public static QueueConfig defaults() {
    return new QueueConfig(4, 1_000, Overflow.BLOCK, Duration.ofSeconds(5));
  }

  /** A copy with another number of workers. */
  public QueueConfig withWorkers(int number) {
    return new QueueConfig(number, capacity, onFull, maxWait);
  }

  /** A copy with another capacity. */
  public QueueConfig withCapacity(int jobs) {
    return new QueueConfig(workers, jobs, onFull, maxWait);
  }

  /** A copy that does something else when the queue is full. */
  public QueueConfig withOnFull(Overflow overflow) {
    return new QueueConfig(workers, capacity, overflow, maxWait);
  }

  /** A copy with another longest wait. */
  public QueueConfig withMaxWait(Duration wait) {
    return new QueueConfig(workers, capacity, onFull, wait);
  }
}
