package io.perfkit.testing.planted.clock;

import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.function.LongSupplier;

final class ReadsClocks {
  LongSupplier reference = System::nanoTime;
  LongSupplier lambda = () -> System.currentTimeMillis();
  InstantSource source = InstantSource.system();

  Instant instant() {
    return Instant.now();
  }

  LocalDate date() {
    return LocalDate.now(ZoneOffset.UTC);
  }

  Instant given(Clock clock) {
    return Instant.now(clock);
  }

  static final class Nested {
    long nanos() {
      return System.nanoTime();
    }
  }
}
