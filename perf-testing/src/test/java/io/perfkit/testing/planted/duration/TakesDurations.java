package io.perfkit.testing.planted.duration;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.time.Duration;
import java.util.function.LongSupplier;

final class TakesDurations {
  private final long nanos;

  TakesDurations(Duration checked) {
    this.nanos = checked.toNanos(); // a config has bounded it
  }

  long overflows(Duration any) {
    return any.toNanos();
  }

  LongSupplier overflowsLater(Duration any) {
    return () -> any.toMillis();
  }

  long saturates(Duration any) {
    return NANOSECONDS.convert(any) - nanos;
  }
}
