package io.perfkit.testing;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Closes resources that must not outlive this JVM: server processes and their directories. One
 * shutdown hook closes those that are still registered, newest first. Thread safe.
 */
final class AtExit {
  private static final Deque<AutoCloseable> OPEN = new ArrayDeque<>();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(AtExit::closeAll, "perf-testing-at-exit"));
  }

  private AtExit() {}

  static void close(AutoCloseable resource) {
    synchronized (OPEN) {
      OPEN.push(resource);
    }
  }

  /** Cancels {@link #close}, for a resource that its owner has closed. */
  static void forget(AutoCloseable resource) {
    synchronized (OPEN) {
      OPEN.removeFirstOccurrence(resource);
    }
  }

  private static void closeAll() {
    Deque<AutoCloseable> left;
    synchronized (OPEN) {
      left = new ArrayDeque<>(OPEN);
    }
    for (AutoCloseable resource : left) {
      try {
        resource.close();
      } catch (Exception failed) {
        // The JVM ends: the next one still has to be closed, and there is nobody left to tell.
      }
    }
  }
}
