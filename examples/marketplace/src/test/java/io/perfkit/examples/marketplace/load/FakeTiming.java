package io.perfkit.examples.marketplace.load;

import io.perfkit.testing.FakeClock;
import java.time.Duration;
import java.util.function.LongSupplier;

/** Waiting moves the clock to the moment that is waited for. */
record FakeTiming(FakeClock clock, LongSupplier source) implements Timing {
  FakeTiming(FakeClock clock) {
    this(clock, clock.nanos());
  }

  @Override
  public long nanos() {
    return source.getAsLong();
  }

  @Override
  public void awaitNanos(long nanos) {
    clock.advance(Duration.ofNanos(Math.max(0, nanos - nanos())));
  }
}
