package io.perfkit.cache;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * A clock that costs its readers one memory read: a thread of its own copies the exact clock every
 * tick. Lags behind the exact clock by up to a tick, plus the time for which that thread does not
 * run; never ahead. Exact once it is closed. Thread safe.
 */
final class TickingClock implements LongSupplier, AutoCloseable {
  private final LongSupplier exact;
  private final Thread ticker;
  private volatile long now;
  private volatile boolean closed;

  TickingClock(LongSupplier exact, Duration tick) {
    this.exact = exact;
    this.now = exact.getAsLong();
    this.ticker = new Thread(() -> run(tick.toNanos()), "perf-cache-clock");
    ticker.setDaemon(true);
    ticker.start();
  }

  @Override
  public long getAsLong() {
    return closed ? exact.getAsLong() : now;
  }

  private void run(long tickNanos) {
    while (!closed) {
      now = exact.getAsLong();
      LockSupport.parkNanos(this, tickNanos);
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(ticker);
  }
}
