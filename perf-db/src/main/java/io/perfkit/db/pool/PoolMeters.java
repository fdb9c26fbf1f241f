package io.perfkit.db.pool;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.perfkit.db.internal.MeterName;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** The meters of one pool; {@code docs/reference/metrics.md} lists them. Thread safe. */
final class PoolMeters implements AutoCloseable {
  static final String CONNECTIONS = "perf.db.pool.connections";
  static final String WAITING = "perf.db.pool.waiting";
  static final String SIZE = "perf.db.pool.size";
  static final String UTILISATION = "perf.db.pool.utilisation";
  static final String ALERT = "perf.db.pool.alert";
  static final String ACQUIRES = "perf.db.pool.acquires";
  static final String NESTED = "perf.db.pool.acquires.nested";
  static final String ACQUIRE_TIME = "perf.db.pool.acquire.time";
  static final String LEAK_SUSPECTS = "perf.db.pool.leak.suspects";
  static final String CONNECT_FAILURES = "perf.db.pool.connect.failures";
  static final String DECISIONS = "perf.db.pool.tuner.decisions";

  private final MeterRegistry registry;
  private final HikariPoolManager pool;
  private final MeterName name;
  private final Tags tags;
  private final Queue<Meter> meters = new ConcurrentLinkedQueue<>();

  PoolMeters(MeterRegistry registry, HikariPoolManager pool) {
    this.registry = registry;
    this.name = MeterName.claim(registry, "pool", pool.name());
    this.pool = pool;
    this.tags = Tags.of("pool", pool.name());
  }

  void bind() {
    gauge(CONNECTIONS, tags.and("state", "active"), PoolStats::active);
    gauge(CONNECTIONS, tags.and("state", "idle"), PoolStats::idle);
    gauge(WAITING, tags, PoolStats::waiting);
    gauge(SIZE, tags, PoolStats::size);
    gauge(UTILISATION, tags, PoolStats::utilisation);
    gauge(ALERT, tags, stats -> stats.alert() ? 1 : 0);
    gauge(LEAK_SUSPECTS, tags, PoolStats::leakSuspects);
    count(ACQUIRES, tags.and("result", "success"), PoolStats::acquires);
    count(ACQUIRES, tags.and("result", "failure"), PoolStats::acquireFailures);
    count(NESTED, tags, PoolStats::nestedAcquires);
    count(CONNECT_FAILURES, tags, PoolStats::connectFailures);
    acquireTime("0.5", PoolStats::acquireP50);
    acquireTime("0.95", PoolStats::acquireP95);
    acquireTime("0.99", PoolStats::acquireP99);
    meters.add(
        FunctionCounter.builder(DECISIONS, pool, HikariPoolManager::decided)
            .tags(tags)
            .register(registry));
  }

  private void gauge(String meter, Tags all, ToDoubleFunction<PoolStats> value) {
    meters.add(
        Gauge.builder(meter, pool, p -> value.applyAsDouble(p.stats()))
            .tags(all)
            .register(registry));
  }

  private void count(String meter, Tags all, ToDoubleFunction<PoolStats> value) {
    meters.add(
        FunctionCounter.builder(meter, pool, p -> value.applyAsDouble(p.stats()))
            .tags(all)
            .register(registry));
  }

  private void acquireTime(String quantile, Function<PoolStats, Duration> value) {
    meters.add(
        TimeGauge.builder(ACQUIRE_TIME, pool, NANOSECONDS, p -> value.apply(p.stats()).toNanos())
            .tags(tags.and("quantile", quantile))
            .register(registry));
  }

  /** Removes the meters: the registry belongs to the host. */
  @Override
  public void close() {
    meters.forEach(registry::remove);
    name.close();
  }
}
