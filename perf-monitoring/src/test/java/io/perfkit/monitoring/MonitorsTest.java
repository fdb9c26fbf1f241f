package io.perfkit.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.testing.ReferenceTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class MonitorsTest {
  private final MockClock clock = new MockClock();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);
  private final Monitors monitors =
      Monitors.builder(registry).config(new SeriesLimit(10, 20)).build();

  @Test
  void countsTimesAndKeepsValues() {
    monitors.counter("api.requests", "route", "/orders");
    monitors.counter("api.requests", "route", "/orders");
    long start = monitors.start();
    clock.add(Duration.ofMillis(30));
    monitors.timer("api.response_time", start);
    monitors.timer("api.response_time", Duration.ofMillis(10));
    monitors.gauge("memory.usage", 10);
    monitors.gauge("memory.usage", 12.5);

    assertThat(registry.get("api.requests").tag("route", "/orders").counter().count()).isEqualTo(2);
    assertThat(registry.get("api.response_time").timer().totalTime(TimeUnit.MILLISECONDS))
        .isEqualTo(40);
    assertThat(registry.get("memory.usage").gauge().value()).isEqualTo(12.5);
  }

  @Test
  void allMonitorsOfARegistrySetTheSameGauges() {
    monitors.gauge("memory.usage", 10);
    Monitors.create(registry).gauge("memory.usage", 20);
    assertThat(registry.get("memory.usage").gauge().value()).isEqualTo(20);
    monitors.gauge("memory.usage", 30);
    assertThat(registry.get("memory.usage").gauge().value()).isEqualTo(30);
  }

  @Test
  void aTagWithTooManyValuesOverflowsAndTheSumIsExact() {
    for (int i = 0; i < 1_000; i++) {
      monitors.counter("visits", "user", "u" + i);
    }
    assertThat(registry.find("visits").counters()).hasSize(11);
    assertThat(sum("visits")).isEqualTo(1_000);
    assertThat(registry.get("visits").tag("user", SeriesLimit.OVERFLOW).counter().count())
        .isEqualTo(990);
    assertThat(monitors.stats().overflowed()).containsEntry("visits", 990L);
  }

  @Test
  void aMeterWithTooManySeriesOverflowsAndTheSumIsExact() {
    for (int i = 0; i < 10; i++) {
      for (int j = 0; j < 10; j++) {
        monitors.counter("pairs", "a", "a" + i, "b", "b" + j);
      }
    }
    assertThat(registry.find("pairs").counters()).hasSize(21);
    assertThat(sum("pairs")).isEqualTo(100);
    assertThat(monitors.stats().series()).isEqualTo(20);
  }

  @Test
  void anAdmittedSeriesStaysWhateverComesLater() {
    monitors.counter("visits", "user", "first");
    for (int i = 0; i < 100; i++) {
      monitors.counter("visits", "user", "u" + i);
    }
    monitors.counter("visits", "user", "first");
    assertThat(registry.get("visits").tag("user", "first").counter().count()).isEqualTo(2);
  }

  @Test
  void tagsInAnotherOrderAreTheSameSeries() {
    monitors.counter("pairs", "a", "1", "b", "2");
    monitors.counter("pairs", "b", "2", "a", "1");
    assertThat(registry.find("pairs").counters()).hasSize(1);
  }

  @Test
  void manyThreadsLoseNoCountAtTheLimit() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Callable<Void>> tasks = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        tasks.add(
            () -> {
              for (int i = 0; i < 2_000; i++) {
                monitors.counter("crowd", "user", "u" + i % 40, "kind", "k" + i % 3);
                monitors.gauge("level", i, "user", "u" + i % 40);
              }
              return null;
            });
      }
      for (Future<Void> done : threads.invokeAll(tasks)) {
        done.get();
      }
    } finally {
      threads.shutdown();
    }
    assertThat(sum("crowd")).isEqualTo(8_000);
    assertThat(registry.find("crowd").counters()).hasSizeLessThanOrEqualTo(21);
    assertThat(registry.find("level").gauges()).hasSize(11);
  }

  @Test
  void theFilterBoundsEveryMeterOfARegistry() {
    SeriesFilter filter = SeriesFilter.create(new SeriesLimit(10, 20));
    registry.config().meterFilter(filter);
    for (int i = 0; i < 1_000; i++) {
      registry.counter("hosts.own", "user", "u" + i).increment();
      registry.counter("plain").increment();
    }
    assertThat(registry.find("hosts.own").counters()).hasSize(11);
    assertThat(sum("hosts.own")).isEqualTo(1_000);
    assertThat(filter.overflowed()).containsOnlyKeys("hosts.own");
    assertThat(registry.get("hosts.own").tag("user", "u3").counter().count()).isEqualTo(1);
  }

  @Test
  void theDisabledFormRecordsNothingAndTheLocalOneInMemory() {
    Monitors disabled = Monitors.disabled();
    disabled.counter("visits", "user", "u");
    disabled.gauge("level", 1);
    disabled.timer("took", disabled.start());
    assertThat(disabled.registry().get("visits").counter().count()).isZero();

    Monitors local = Monitors.local();
    local.counter("visits");
    assertThat(local.registry().get("visits").counter().count()).isEqualTo(1);
  }

  @Test
  void refusesLimitsBeyondTheirBounds() {
    assertThatThrownBy(() -> new SeriesLimit(0, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxTagValues: 0 (expected: 1 to 1000000)");
    assertThatThrownBy(() -> SeriesLimit.defaults().withMaxSeries(1_000_001))
        .hasMessage("maxSeries: 1000001 (expected: 1 to 1000000)");
    assertThat(SeriesLimit.defaults().withMaxTagValues(1)).isEqualTo(new SeriesLimit(1, 1_000));
  }

  @Test
  void refusesTagsThatAreNoPairs() {
    assertThatThrownBy(() -> monitors.counter("visits", "user"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void defaultsAreThoseOfTheTable() {
    assertThat(ReferenceTable.under("SeriesLimit", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(SeriesLimit.defaults()));
  }

  private double sum(String name) {
    return registry.find(name).counters().stream().mapToDouble(Counter::count).sum();
  }
}
