package io.perfkit.ratelimit;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;

/** All meters of this module; {@code docs/reference/metrics.md} lists them. Thread safe. */
final class RateLimiterMeters implements AutoCloseable {
  static final String DECISIONS = "perf.ratelimit.decisions";
  static final String FAILOVERS = "perf.ratelimit.failovers";
  static final String CACHED = "perf.ratelimit.denials.cached";
  static final String LEASE_HITS = "perf.ratelimit.leases.hits";
  static final String LEASE_PERMITS = "perf.ratelimit.leases.permits";
  static final String BYPASSED = "perf.ratelimit.bypassed";
  static final String CHECK = "perf.ratelimit.check";
  static final String KEYS = "perf.ratelimit.keys";
  static final String OVERFLOWS = "perf.ratelimit.keys.overflows";

  private final MeterRegistry registry;
  private final Store store;
  private final MeterNames.Name name;
  private final Tags limiter;
  private final Timer check;
  private final Queue<Meter> meters = new ConcurrentLinkedQueue<>();

  RateLimiterMeters(MeterRegistry registry, String name, Store store, LongAdder bypassed) {
    this.registry = registry;
    this.store = store;
    this.name = MeterNames.claim(registry, name);
    this.limiter = Tags.of("limiter", this.name.text());
    this.check = Timer.builder(CHECK).tags(limiter).register(registry);
    meters.add(check);
    meters.add(Gauge.builder(KEYS, store, Store::keys).tags(limiter).register(registry));
    meters.add(
        FunctionCounter.builder(OVERFLOWS, store, Store::overflows)
            .tags(limiter)
            .register(registry));
    count(BYPASSED, limiter, bypassed);
  }

  void bind(Rule rule) {
    Tags policy = limiter.and("policy", rule.policy().name());
    meters.add(
        FunctionCounter.builder(DECISIONS, rule, store::allowed)
            .tags(policy.and("result", "allowed"))
            .register(registry));
    String refused = rule.policy().shadow() ? "shadow" : "denied";
    count(DECISIONS, policy.and("result", refused), rule.denied);
    count(FAILOVERS, policy, rule.degraded);
    count(CACHED, policy, rule.deniedFromCache);
    if (rule.leased()) {
      count(LEASE_HITS, policy, rule.leaseHits);
      count(LEASE_PERMITS, policy.and("result", "granted"), rule.leaseGranted);
      count(LEASE_PERMITS, policy.and("result", "returned"), rule.leaseReturned);
    }
  }

  private void count(String meter, Tags tags, LongAdder value) {
    meters.add(FunctionCounter.builder(meter, value, LongAdder::sum).tags(tags).register(registry));
  }

  /** Records the time of a decision that was not answered from memory. */
  void checked(long nanos) {
    check.record(nanos, NANOSECONDS);
  }

  /** Removes this limiter's meters, and no others. */
  @Override
  public void close() {
    meters.forEach(registry::remove);
    name.close();
  }
}
