package io.perfkit.jobs;

import io.perfkit.testing.FakeClock;
import java.time.Duration;
import java.time.Instant;

final class MemoryStoreTest extends StoreContract {
  private final FakeClock clock = FakeClock.startingAt(Instant.parse("2026-03-01T12:00:00Z"));

  @Override
  JobStore open(String application) {
    return new MemoryStore(application, clock.nanos(), clock);
  }

  @Override
  void pass(Duration time) {
    clock.advance(time);
  }
}
