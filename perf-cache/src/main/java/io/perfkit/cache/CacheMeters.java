package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.perfkit.redis.Printable;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/** All meters of this module; {@code docs/reference/metrics.md} lists them. Thread safe. */
final class CacheMeters implements AutoCloseable {
  static final String GETS = "perf.cache.gets";
  static final String LOADS = "perf.cache.loads";
  static final String REDIS_FAILURES = "perf.cache.redis.failures";
  static final String L1_ENTRIES = "perf.cache.l1.entries";
  static final String SHARED_READS = "perf.cache.shared.reads";
  static final String SHARED_OVERSIZE = "perf.cache.shared.reads.oversize";
  static final String SHARED_WRITES = "perf.cache.shared.writes";
  static final String SHARED_UNREADABLE = "perf.cache.shared.unreadable";
  static final String SHARED_FAILURES = "perf.cache.shared.redis.failures";
  static final String SHARED_COPIES = "perf.cache.shared.copies";
  static final String UNSENT = "perf.cache.invalidations.unsent";
  static final String AUDITED = "perf.cache.coherence.audited";
  static final String VIOLATIONS = "perf.cache.coherence.violations";
  static final String SUSPECTED_AGE = "perf.cache.coherence.suspected.age";
  static final String RETOLD = "perf.cache.invalidations.retold";
  static final String LOAD_TIME = "perf.cache.load.time";
  static final String STALE = "perf.cache.stale";
  static final String REFRESHES_SKIPPED = "perf.cache.refreshes.skipped";
  static final String FAILURES_REMEMBERED = "perf.cache.failures.remembered";
  static final String LEASE_WAITS = "perf.cache.lease.waits";
  static final String CODEC_FAILURES = "perf.cache.codec.failures";
  static final String EVICTIONS = "perf.cache.evictions";
  static final String LAG = "perf.cache.coherence.lag";
  static final String HEARTBEAT_AGE = "perf.cache.heartbeat.age";

  /** The names of Micrometer's CacheMeterBinder, and of the tags that Spring Boot adds. */
  static final String MICROMETER_SIZE = "cache.size";

  static final String MICROMETER_GETS = "cache.gets";
  static final String MICROMETER_PUTS = "cache.puts";
  static final String MICROMETER_EVICTIONS = "cache.evictions";

  private final MeterRegistry registry;
  private final Tags caches;
  private final boolean micrometerNames;
  private final Queue<Meter> meters = new ConcurrentLinkedQueue<>();

  /**
   * @param name a tag of each meter, which identifies these caches on the registry
   * @param micrometerNames whether caches have the meters of Micrometer's names too
   * @throws IllegalStateException if open caches of that name are on the registry
   */
  CacheMeters(MeterRegistry registry, String name, boolean micrometerNames) {
    this.micrometerNames = micrometerNames;
    this.registry = registry;
    this.caches = Tags.of("caches", name);
    if (registry.find(UNSENT).tags(caches).meter() != null) {
      throw new IllegalStateException(
          "name: "
              + Printable.of(name)
              + " (expected: a name that no other open Caches has on this meter registry;"
              + " Caches.Builder.name gives it another)");
    }
  }

  MeterRegistry registry() {
    return registry;
  }

  void bind(Cache<?, ?> cache, LocalLevel<?, ?> local) {
    Tags name = caches.and("cache", cache.name());
    Tags l1 = name.and("level", "l1");
    Tags l2 = name.and("level", "l2");
    count(cache, GETS, l1.and("result", "hit"), CacheStats::l1Hits);
    count(cache, GETS, l1.and("result", "miss"), stats -> stats.l2Hits() + stats.misses());
    count(cache, GETS, l2.and("result", "hit"), CacheStats::l2Hits);
    count(cache, GETS, l2.and("result", "miss"), CacheStats::misses);
    count(cache, LOADS, name.and("result", "success"), CacheStats::loads);
    count(cache, LOADS, name.and("result", "failure"), CacheStats::loadFailures);
    count(cache, REDIS_FAILURES, name, CacheStats::redisFailures);
    count(cache, STALE, name, CacheStats::staleServed);
    count(cache, REFRESHES_SKIPPED, name, CacheStats::refreshesSkipped);
    count(cache, FAILURES_REMEMBERED, name, CacheStats::failuresRemembered);
    count(cache, CODEC_FAILURES, name.and("value", "unreadable"), CacheStats::unreadable);
    count(cache, CODEC_FAILURES, name.and("value", "unwritable"), CacheStats::unwritable);
    count(cache, EVICTIONS, name.and("cause", "size"), CacheStats::evictionsBySize);
    count(cache, EVICTIONS, name.and("cause", "age"), CacheStats::evictionsByAge);
    time(
        cache,
        LOAD_TIME,
        name,
        stats -> stats.loads() + stats.loadFailures(),
        CacheStats::loadNanos);
    time(cache, LEASE_WAITS, name, CacheStats::leaseWaits, CacheStats::leaseWaitNanos);
    meters.add(Gauge.builder(L1_ENTRIES, local, LocalLevel::size).tags(name).register(registry));
    if (micrometerNames) {
      bindByMicrometersNames(cache, local);
    }
  }

  /** A get counts as a hit if a level answers, a put if a value is put or loaded. */
  private void bindByMicrometersNames(Cache<?, ?> cache, LocalLevel<?, ?> local) {
    String manager = caches.stream().findFirst().orElseThrow().getValue();
    Tags tags = Tags.of("cache", cache.name(), "name", cache.name(), "cache.manager", manager);
    count(
        cache,
        MICROMETER_GETS,
        tags.and("result", "hit"),
        stats -> (double) stats.l1Hits() + stats.l2Hits());
    count(cache, MICROMETER_GETS, tags.and("result", "miss"), CacheStats::misses);
    count(cache, MICROMETER_PUTS, tags, stats -> (double) stats.puts() + stats.loads());
    count(
        cache,
        MICROMETER_EVICTIONS,
        tags,
        stats -> (double) stats.evictionsBySize() + stats.evictionsByAge());
    meters.add(
        Gauge.builder(MICROMETER_SIZE, local, LocalLevel::size).tags(tags).register(registry));
  }

  void bind(Audit<?, ?> audit, String cache) {
    Tags name = caches.and("cache", cache);
    countAudited(audit, AUDITED, name, Audit::looks);
    countAudited(audit, VIOLATIONS, name.and("redis", "other"), Audit::replaced);
    countAudited(audit, VIOLATIONS, name.and("redis", "none"), Audit::missing);
    meters.add(
        TimeGauge.builder(SUSPECTED_AGE, audit, NANOSECONDS, a -> a.suspectedAge().toNanos())
            .tags(name)
            .register(registry));
  }

  private void countAudited(
      Audit<?, ?> audit, String meter, Tags tags, ToDoubleFunction<Audit<?, ?>> value) {
    meters.add(FunctionCounter.builder(meter, audit, value).tags(tags).register(registry));
  }

  void bind(SharedCopies<?> copies) {
    Tags name = caches.and("structure", copies.name());
    count(copies, SHARED_READS, name.and("source", "copy"), SharedStats::copyReads);
    count(copies, SHARED_READS, name.and("source", "redis"), SharedStats::redisReads);
    count(copies, SHARED_OVERSIZE, name, SharedStats::oversizeReads);
    count(copies, SHARED_WRITES, name, SharedStats::writes);
    count(copies, SHARED_UNREADABLE, name, SharedStats::unreadable);
    count(copies, SHARED_FAILURES, name, SharedStats::redisFailures);
    meters.add(
        Gauge.builder(SHARED_COPIES, copies, SharedCopies::size).tags(name).register(registry));
  }

  void bind(Caches all) {
    meters.add(
        TimeGauge.builder(LAG, all, NANOSECONDS, Caches::lagNanos).tags(caches).register(registry));
    meters.add(
        Gauge.builder(UNSENT, all, Caches::unsentInvalidations).tags(caches).register(registry));
    meters.add(
        FunctionCounter.builder(RETOLD, all, Caches::retold).tags(caches).register(registry));
    meters.add(
        TimeGauge.builder(HEARTBEAT_AGE, all, NANOSECONDS, c -> c.health().heartbeatAge().toNanos())
            .tags(caches)
            .register(registry));
  }

  private void count(
      Cache<?, ?> cache, String meter, Tags tags, ToDoubleFunction<CacheStats> value) {
    meters.add(
        FunctionCounter.builder(meter, cache, c -> value.applyAsDouble(c.stats()))
            .tags(tags)
            .register(registry));
  }

  private void time(
      Cache<?, ?> cache,
      String meter,
      Tags tags,
      ToLongFunction<CacheStats> count,
      ToDoubleFunction<CacheStats> nanos) {
    meters.add(
        FunctionTimer.builder(
                meter,
                cache,
                c -> count.applyAsLong(c.stats()),
                c -> nanos.applyAsDouble(c.stats()),
                NANOSECONDS)
            .tags(tags)
            .register(registry));
  }

  private void count(
      SharedCopies<?> copies, String meter, Tags tags, ToDoubleFunction<SharedStats> value) {
    meters.add(
        FunctionCounter.builder(meter, copies, c -> value.applyAsDouble(c.stats()))
            .tags(tags)
            .register(registry));
  }

  /** Removes the meters from the host's registry. */
  @Override
  public void close() {
    meters.forEach(registry::remove);
  }
}
