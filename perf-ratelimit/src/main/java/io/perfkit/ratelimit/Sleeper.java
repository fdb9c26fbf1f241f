package io.perfkit.ratelimit;

import java.util.concurrent.locks.LockSupport;

/** How a thread waits. */
interface Sleeper {
  /**
   * Returns no sooner than after {@code nanos}.
   *
   * @throws InterruptedException if interrupted; the flag is cleared
   */
  void sleep(long nanos) throws InterruptedException;

  /** A sleeper that parks, so that a virtual thread holds no carrier. */
  static Sleeper parking() {
    return nanos -> {
      long start = System.nanoTime();
      for (long left = nanos; left > 0; left = nanos - (System.nanoTime() - start)) {
        LockSupport.parkNanos(left);
        if (Thread.interrupted()) {
          throw new InterruptedException("while waiting for permits");
        }
      }
    };
  }
}
