package io.perfkit.ratelimit;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * A spin lock that its subclasses inherit, for work of some dozen nanoseconds that calls no user
 * code. A thread that competes spins with growing pauses, since the holder is done sooner than a
 * parked thread can be woken; if the holder has lost its processor, the thread sleeps between its
 * tries. One atomic step to take it, none to release it. Not reentrant, not fair.
 */
abstract class ShortLock {
  private static final VarHandle LOCKED;

  static {
    try {
      LOCKED = MethodHandles.lookup().findVarHandle(ShortLock.class, "locked", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static final int PAUSES_MAX = 64;
  private static final int SPINS = 1_000;
  private static final long SLEEP_NANOS = 50_000;

  private volatile int locked;

  final void lock() {
    if (!LOCKED.compareAndSet(this, 0, 1)) {
      compete();
    }
  }

  final void unlock() {
    LOCKED.setRelease(this, 0);
  }

  private void compete() {
    int pauses = 1;
    int tries = 0;
    do {
      if (tries < SPINS) {
        for (int i = 0; i < pauses; i++) {
          Thread.onSpinWait();
        }
        pauses = Math.min(2 * pauses, PAUSES_MAX);
        tries += pauses;
      } else {
        LockSupport.parkNanos(SLEEP_NANOS);
      }
    } while (locked != 0 || !LOCKED.compareAndSet(this, 0, 1));
  }
}
