package io.perfkit.redis;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** All meters of this module; {@code docs/reference/metrics.md} lists them. Thread safe. */
final class RedisMeters implements AutoCloseable {
  static final String BREAKER = "perf.redis.breaker";
  static final String BATCHES = "perf.redis.batches";
  static final String COMMANDS = "perf.redis.commands";
  static final String BATCH_MAX = "perf.redis.batch.max";
  static final String TIMEOUTS = "perf.redis.timeouts";
  static final String NOT_SENT = "perf.redis.not.sent";
  static final String WAITING = "perf.redis.waiting";

  private final MeterRegistry registry;
  private final List<Meter> meters;

  RedisMeters(MeterRegistry registry, GuardedClient client) {
    this.registry = registry;
    Tags tags = Tags.of("client", client.name());
    this.meters =
        List.of(
            gauge(BREAKER, tags, client, c -> number(c.breaker())),
            counter(BATCHES, tags, client, LaneStats::batches),
            counter(COMMANDS, tags, client, LaneStats::commands),
            gauge(BATCH_MAX, tags, client, c -> c.stats().maxBatch()),
            counter(TIMEOUTS, tags, client, LaneStats::timeouts),
            counter(NOT_SENT, tags, client, LaneStats::notSent),
            gauge(WAITING, tags, client, c -> c.stats().waiting()));
  }

  private static int number(BreakerState state) {
    return switch (state) {
      case CLOSED -> 0;
      case HALF_OPEN -> 1;
      case OPEN -> 2;
    };
  }

  private Meter gauge(
      String name, Tags tags, GuardedClient client, ToDoubleFunction<GuardedClient> value) {
    return Gauge.builder(name, client, value).tags(tags).register(registry);
  }

  private Meter counter(
      String name, Tags tags, GuardedClient client, ToDoubleFunction<LaneStats> value) {
    return FunctionCounter.builder(name, client, c -> value.applyAsDouble(c.stats()))
        .tags(tags)
        .register(registry);
  }

  /** Removes the meters from the host's registry. */
  @Override
  public void close() {
    meters.forEach(registry::remove);
  }
}
