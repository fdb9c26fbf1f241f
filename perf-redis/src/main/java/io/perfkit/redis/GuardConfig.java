package io.perfkit.redis;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Settings of the {@link RedisGuard}s of one client. Immutable.
 *
 * @param budget longest time a caller waits for Redis; default 250 ms
 * @param probeEvery pause between probes while the breaker is not closed; default 500 ms
 * @param maxThreads most calls outside lanes that run at once, each on a thread that starts on
 *     demand and ends when idle; default 16; more than the connections of the client's pool are of
 *     little use
 * @param maxWaiting most calls that wait for a thread, and most that wait in one lane; a further
 *     call is refused at once; default 1,024
 * @param lanes connections of the client's pool that are kept for each server, whatever the number
 *     of components; default 2; more are of little use
 */
public record GuardConfig(
    Duration budget, Duration probeEvery, int maxThreads, int maxWaiting, int lanes) {
  public GuardConfig {
    requirePositive("budget", budget);
    requirePositive("probeEvery", probeEvery);
    requirePositive("maxThreads", maxThreads);
    requirePositive("maxWaiting", maxWaiting);
    requirePositive("lanes", lanes);
  }

  /** The defaults. */
  public static GuardConfig defaults() {
    return new GuardConfig(Duration.ofMillis(250), Duration.ofMillis(500), 16, 1_024, 2);
  }

  /** The same settings with another budget. */
  public GuardConfig withBudget(Duration newBudget) {
    return new GuardConfig(newBudget, probeEvery, maxThreads, maxWaiting, lanes);
  }

  /** The same settings with another pause between probes. */
  public GuardConfig withProbeEvery(Duration pause) {
    return new GuardConfig(budget, pause, maxThreads, maxWaiting, lanes);
  }

  /**
   * The same settings with another bound of calls under way and of calls that wait for a thread.
   */
  public GuardConfig withMaxCalls(int running, int waiting) {
    return new GuardConfig(budget, probeEvery, running, waiting, lanes);
  }

  /** The same settings with another number of lanes to each server. */
  public GuardConfig withLanes(int count) {
    return new GuardConfig(budget, probeEvery, maxThreads, maxWaiting, count);
  }

  private static void requirePositive(String what, Duration value) {
    if (requireNonNull(value, what).compareTo(Duration.ofMillis(1)) < 0) {
      throw new IllegalArgumentException(what + ": " + value + " (expected: >= 1 ms)");
    }
  }

  private static void requirePositive(String what, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(what + ": " + value + " (expected: >= 1)");
    }
  }
}
