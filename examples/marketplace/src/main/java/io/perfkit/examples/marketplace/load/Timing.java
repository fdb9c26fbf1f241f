package io.perfkit.examples.marketplace.load;

import java.util.concurrent.locks.LockSupport;

/** Elapsed time, and how to wait for it; a test puts a clock here that it moves by itself. */
interface Timing {
  long nanos();

  /** Returns as soon as {@link #nanos} has reached {@code nanos}, never earlier. */
  void awaitNanos(long nanos);

  /** The JVM's clock. */
  static Timing system() {
    return new Timing() {
      @Override
      public long nanos() {
        return System.nanoTime();
      }

      @Override
      public void awaitNanos(long nanos) {
        for (long left = nanos - nanos(); left > 0; left = nanos - nanos()) {
          LockSupport.parkNanos(left);
        }
      }
    };
  }
}
