package io.perfkit.monitoring.weave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.cache.Caches;
import io.perfkit.cache.weave.CacheAspect;
import io.perfkit.cache.weave.Cacheable;
import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.Policy;
import io.perfkit.ratelimit.RateLimitExceeded;
import io.perfkit.ratelimit.RateLimiter;
import io.perfkit.ratelimit.weave.RateLimitAspect;
import io.perfkit.ratelimit.weave.RateLimited;
import io.perfkit.testing.ReferenceTable;
import io.perfkit.weave.Weaver;
import io.perfkit.weave.WeavingRefused;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What the aspect refuses, its order among others, its switches and its meters. */
final class MonitoredAspectTest {
  private final MockClock clock = new MockClock();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);

  static class Faulty {
    @Monitored(name = "no name", slow = "fast", tags = "odd")
    void all() {}

    @Monitored(
        slow = "0ms",
        tags = {"outcome", "x"})
    void own() {}

    @Monitored(tags = {"a", "", "b", "1"})
    void blank() {}

    @Monitored(
        name = "one",
        tags = {"a", "1"})
    void one() {}

    @Monitored(
        name = "one",
        tags = {"b", "1"})
    void other() {}
  }

  @Test
  void refusesFaultyAnnotationsAllAtOnceAndRegistersNothing() {
    WeavingRefused refused =
        catchThrowableOfType(
            WeavingRefused.class,
            () -> Weaver.of(MonitoredAspect.create(registry)).create(Faulty.class));
    assertThat(String.join("\n", refused.problems()))
        .contains("Faulty.all(): name: 'no name' (expected: letters, digits, _ and .")
        .contains("Faulty.all(): slow: 'fast' (expected: a number and ms, s, m, h or d)")
        .contains("Faulty.all(): tags: [odd] (expected: key, value, key, value)")
        .contains("Faulty.own(): slow: '0ms'")
        .contains("Faulty.own(): tags: key 'outcome' (expected: once, and none of class")
        .contains("Faulty.blank(): tags: 'a' has a blank value")
        .contains("as other methods of the name 'one'");
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void refusesAClassWhoseAspectIsNotGiven() {
    assertThatThrownBy(() -> Weaver.of().create(Faulty.class))
        .hasMessageContaining("MonitoredAspect.create(registry)");
  }

  static class Shop {
    final AtomicInteger loads = new AtomicInteger();

    @Monitored
    @RateLimited(plan = "shop")
    @Cacheable(cache = "prices")
    String price(long id) {
      loads.incrementAndGet();
      return "price of " + id;
    }
  }

  @Test
  void seesHitsOfACacheAndRefusalsOfALimit() {
    Plan plan = Plan.of("shop").with(Policy.fixedWindow("per-hour", 3, Duration.ofHours(1)));
    try (Caches caches = Caches.local();
        RateLimiter limiter = RateLimiter.local()) {
      Shop shop =
          Weaver.of(
                  CacheAspect.of(caches),
                  RateLimitAspect.of(limiter, plan),
                  MonitoredAspect.create(registry))
              .create(Shop.class);
      for (int i = 0; i < 3; i++) {
        assertThat(shop.price(1)).isEqualTo("price of 1");
      }
      assertThatThrownBy(() -> shop.price(1)).isInstanceOf(RateLimitExceeded.class);
      assertThat(shop.loads).hasValue(1);
      assertThat(count("success")).isEqualTo(3);
      assertThat(count("rejected")).isEqualTo(1);
    }
  }

  private long count(String outcome) {
    return registry.get("perf.monitoring.calls").tag("outcome", outcome).timer().count();
  }

  static class Plain {
    @Monitored(slow = "1ms")
    void run(MockClock clock, int millis) {
      clock.add(Duration.ofMillis(millis));
    }

    @Monitored(slow = "1ms")
    void run(MockClock clock) {
      clock.add(Duration.ofMillis(1));
    }
  }

  @Test
  void aClassThatIsWovenTwiceCountsInTheSameMetersAndIsSwitchedTogether() {
    MonitoredAspect aspect = MonitoredAspect.create(registry);
    Plain first = Weaver.of(aspect).create(Plain.class);
    Plain second = Weaver.of(aspect).wrap(new Plain());
    first.run(clock);
    second.run(clock, 1);
    assertThat(count("success")).isEqualTo(2);
    aspect.sample("Plain.run", Sampling.off());
    first.run(clock);
    second.run(clock);
    assertThat(count("success")).isEqualTo(2);
    Plain third = Weaver.of(aspect).create(Plain.class);
    third.run(clock);
    assertThat(count("success")).isEqualTo(2);
  }

  @Test
  void twoAspectsOnOneRegistryAddUp() {
    for (int i = 0; i < 2; i++) {
      MonitoredAspect aspect =
          MonitoredAspect.builder(registry).sampling(Sampling.oneIn(65_536)).build();
      Weaver.of(aspect).create(Plain.class).run(clock);
    }
    double untimed =
        registry.get("perf.monitoring.calls.untimed").tag("outcome", "success").counter().count();
    assertThat(untimed + count("success")).isEqualTo(2);
  }

  @Test
  void namesTheMethodsThatAreWovenWhenOneIsNot() {
    MonitoredAspect aspect = MonitoredAspect.create(registry);
    Weaver.of(aspect).create(Plain.class);
    assertThatThrownBy(() -> aspect.sample("Plain.go", Sampling.off()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("method: 'Plain.go' (expected: one of [Plain.run])");
  }

  @Test
  void theRingIsBounded() {
    MonitoredAspect aspect = MonitoredAspect.builder(registry).maxSlowCalls(3).build();
    Plain plain = Weaver.of(aspect).create(Plain.class);
    for (int millis : new int[] {9, 1, 5, 7, 3}) {
      plain.run(clock, millis);
    }
    assertThat(aspect.slowCalls())
        .extracting(call -> call.took().toMillis())
        .containsExactly(7L, 5L, 3L);
  }

  @Test
  void metersAreThoseOfTheTable() {
    MonitoredAspect aspect = MonitoredAspect.builder(registry).sampling(Sampling.oneIn(2)).build();
    Weaver.of(aspect).create(Plain.class);
    Map<String, String> meters = ReferenceTable.under("perf-monitoring", "metrics.md").meters();
    assertThat(ReferenceTable.metersOf(registry)).isEqualTo(meters);
  }

  @Test
  void refusesSettingsBeyondTheirBounds() {
    for (int calls : new int[] {-1, 3, 131_072}) {
      assertThatThrownBy(() -> new Sampling(calls))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("calls: " + calls + " (expected: 0, or a power of two up to 65536)");
    }
    assertThatThrownBy(() -> Sampling.oneIn(0)).hasMessage("calls: 0 (expected: at least 1)");
    for (int calls : new int[] {0, 10_001}) {
      assertThatThrownBy(() -> MonitoredAspect.builder(registry).maxSlowCalls(calls))
          .hasMessage("maxSlowCalls: " + calls + " (expected: 1 to 10000)");
    }
  }

  @Test
  void aCallThatBeganBeforeItsMethodWasSwitchedOffIsTimed() {
    MonitoredAspect aspect = MonitoredAspect.create(registry);
    Switching service = Weaver.of(aspect).create(Switching.class);
    service.run(() -> aspect.sample(Sampling.off()));
    assertThat(count("success")).isEqualTo(1);
    service.run(() -> aspect.sample(Sampling.all()));
    assertThat(count("success")).isEqualTo(1);
    Timer timer = registry.get("perf.monitoring.calls").tag("outcome", "success").timer();
    service.run(() -> clock.add(Duration.ofMillis(1)));
    assertThat(timer.count()).isEqualTo(2);
  }

  @Test
  void aRegistryThatFailsTakesNoResultFromACaller() {
    AtomicBoolean fails = new AtomicBoolean();
    Clock failing =
        new Clock() {
          @Override
          public long wallTime() {
            return 0;
          }

          @Override
          public long monotonicTime() {
            if (fails.get()) {
              throw new IllegalStateException("no clock");
            }
            return 1;
          }
        };
    MonitoredAspect aspect =
        MonitoredAspect.create(new SimpleMeterRegistry(SimpleConfig.DEFAULT, failing));
    Switching service = Weaver.of(aspect).create(Switching.class);
    assertThat(service.run(() -> fails.set(true))).isEqualTo("done");
    fails.set(false);
    IllegalStateException own = new IllegalStateException("own");
    assertThatThrownBy(
            () ->
                service.run(
                    () -> {
                      fails.set(true);
                      throw own;
                    }))
        .isSameAs(own);
  }

  static class Switching {
    @Monitored
    String run(Runnable inside) {
      inside.run();
      return "done";
    }
  }
}
