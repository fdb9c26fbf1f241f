package io.perfkit.monitoring.health;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * The only thing that liveness can depend on: a loop of this process that says that it goes round.
 * It can't ask anything outside, so no outage elsewhere restarts this process. Thread safe.
 */
public final class Heartbeat {
  private final String name;
  private final long maxSilenceNanos;
  private final LongSupplier nanos;
  private final AtomicLong last;

  Heartbeat(String name, Duration maxSilence, LongSupplier nanos) {
    this.name = requireNonNull(name, "name");
    this.maxSilenceNanos = maxSilence.toNanos();
    if (maxSilenceNanos <= 0) {
      throw new IllegalArgumentException("maxSilence: " + maxSilence + " (expected: above 0)");
    }
    this.nanos = nanos;
    this.last = new AtomicLong(nanos.getAsLong());
  }

  /** The loop goes round. Costs a clock read and a write. */
  public void beat() {
    last.set(nanos.getAsLong());
  }

  String name() {
    return name;
  }

  boolean alive(long now) {
    return now - last.get() <= maxSilenceNanos;
  }

  CheckReport report(long now) {
    Duration silence = Duration.ofNanos(Math.max(0, now - last.get()));
    return alive(now)
        ? new CheckReport(name, CheckGroup.LIVENESS, true, HealthStatus.UP, "", silence)
        : new CheckReport(
            name,
            CheckGroup.LIVENESS,
            true,
            HealthStatus.DOWN,
            "no beat for " + Duration.ofSeconds(silence.toSeconds()),
            silence);
  }
}
