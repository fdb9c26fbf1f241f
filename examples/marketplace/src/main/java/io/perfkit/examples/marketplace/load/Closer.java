package io.perfkit.examples.marketplace.load;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Closes what was started, the last first, once, whether the demo ends by itself or by Ctrl-C: the
 * thread that comes second waits until all is closed. Thread safe.
 */
final class Closer implements AutoCloseable {
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private volatile boolean closing;

  /** Closes {@code resource} at the end, or at once if the end has begun. */
  <T extends AutoCloseable> T add(T resource) {
    lock.lock();
    try {
      open.push(resource);
      if (closing) {
        close();
      }
      return resource;
    } finally {
      lock.unlock();
    }
  }

  /** Closes {@code resource} now. */
  void close(AutoCloseable resource) {
    lock.lock();
    try {
      if (open.remove(resource)) {
        quietly(resource);
      }
    } finally {
      lock.unlock();
    }
  }

  boolean closing() {
    return closing;
  }

  @Override
  public void close() {
    closing = true;
    lock.lock();
    try {
      while (!open.isEmpty()) {
        quietly(open.pop());
      }
    } finally {
      lock.unlock();
    }
  }

  /* One that can't be closed must not keep the others open. */
  private static void quietly(AutoCloseable resource) {
    try {
      resource.close();
    } catch (Exception e) {
      System.err.println("could not close " + resource.getClass().getSimpleName() + ": " + e);
    }
  }
}
