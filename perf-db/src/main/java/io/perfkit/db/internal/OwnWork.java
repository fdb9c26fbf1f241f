package io.perfkit.db.internal;

import org.jspecify.annotations.Nullable;

/**
 * Work that this module does on the thread of a request though it is not the request's: cleaning up
 * a connection, or writing the rows of others. The deadline of the request must not stop it, so it
 * runs under limits of its own. Nests. Thread safe.
 */
public final class OwnWork {
  // A class of the JDK, so that threads that outlive the application do not keep its classes.
  private static final ThreadLocal<@Nullable Boolean> UNDER_WAY = new ThreadLocal<>();

  private OwnWork() {}

  /** Runs the work; its exceptions pass through. */
  public static <E extends Exception> void run(Work<E> work) throws E {
    if (isUnderWay()) {
      work.run();
      return;
    }
    UNDER_WAY.set(true);
    try {
      work.run();
    } finally {
      UNDER_WAY.remove();
    }
  }

  /** Whether the calling thread is at such work. */
  public static boolean isUnderWay() {
    return UNDER_WAY.get() != null;
  }

  /** What to do. */
  @FunctionalInterface
  public interface Work<E extends Exception> {
    /** Does it. */
    void run() throws E;
  }
}
