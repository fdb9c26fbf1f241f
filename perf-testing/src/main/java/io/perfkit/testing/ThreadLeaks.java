package io.perfkit.testing;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Checks that closed components leave no platform thread behind; finds threads by name. Thread
 * safe; tests that start threads with the same prefix at the same time disturb each other.
 */
public final class ThreadLeaks {
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  private ThreadLeaks() {}

  /**
   * An action that starts and stops threads.
   *
   * @param <X> what it throws
   */
  @FunctionalInterface
  public interface Body<X extends Throwable> {
    /** Starts and stops threads. */
    void run() throws X;
  }

  /**
   * Runs {@code body}, then blocks until the threads that it started have ended. Exceptions of
   * {@code body} pass through.
   *
   * @param threadNamePrefix how the names of the threads in question begin: {@code "perf-jobs-"}
   * @throws AssertionError if some live 20 s later, with their stacks
   */
  public static <X extends Throwable> void assertNone(String threadNamePrefix, Body<X> body)
      throws X {
    assertNone(threadNamePrefix, DEADLINE, body);
  }

  static <X extends Throwable> void assertNone(
      String threadNamePrefix, Duration deadline, Body<X> body) throws X {
    requireNonNull(threadNamePrefix, "threadNamePrefix");
    Set<Thread> before = Set.copyOf(live(threadNamePrefix).keySet());
    body.run();
    Await.holdsWithin(deadline, () -> before.containsAll(live(threadNamePrefix).keySet()));
    Map<Thread, StackTraceElement[]> leaked = live(threadNamePrefix);
    leaked.keySet().removeAll(before);
    if (!leaked.isEmpty()) {
      throw new AssertionError(
          leaked.size() + " thread(s) left after " + deadline + ":" + stacks(leaked));
    }
  }

  private static Map<Thread, StackTraceElement[]> live(String threadNamePrefix) {
    Map<Thread, StackTraceElement[]> threads = new HashMap<>(Thread.getAllStackTraces());
    threads.keySet().removeIf(thread -> !thread.getName().startsWith(threadNamePrefix));
    return threads;
  }

  private static String stacks(Map<Thread, StackTraceElement[]> threads) {
    return threads.entrySet().stream()
        .map(thread -> "\n" + thread.getKey().getName() + frames(thread.getValue()))
        .sorted()
        .collect(Collectors.joining());
  }

  private static String frames(StackTraceElement[] stack) {
    StringBuilder frames = new StringBuilder();
    for (StackTraceElement frame : stack) {
      frames.append("\n    at ").append(frame);
    }
    return frames.toString();
  }
}
