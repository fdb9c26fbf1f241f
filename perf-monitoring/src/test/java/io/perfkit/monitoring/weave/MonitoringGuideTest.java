package io.perfkit.monitoring.weave;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.monitoring.Monitors;
import io.perfkit.monitoring.SeriesFilter;
import io.perfkit.monitoring.SeriesLimit;
import io.perfkit.weave.Weaver;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** The examples of docs/guide/monitoring.md. */
final class MonitoringGuideTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  record Order(String customer) {}

  static final class OrderNotFound extends RuntimeException {}

  static class OrderService {

    @Monitored(
        name = "orders.place",
        slow = "200ms",
        tags = {"tier", "gold"})
    Order place(String customer) {
      return new Order(customer);
    }

    @Monitored
    CompletionStage<Order> placeLater(String customer) {
      return CompletableFuture.completedStage(new Order(customer));
    }
  }

  @Test
  void methods() {
    MonitoredAspect monitoring = MonitoredAspect.create(registry);
    OrderService orders = Weaver.of(monitoring).create(OrderService.class);
    orders.place("alice");
    List<SlowCall> slow = monitoring.slowCalls(); // the last ones, the slowest of them first

    assertThat(slow).hasSizeLessThanOrEqualTo(1);
    assertThat(registry.get("orders.place").tag("outcome", "success").timer().count()).isOne();

    monitoring.sample("OrderService.place", Sampling.oneIn(16)); // the other 15 are counted only
    monitoring.sample("OrderService.place", Sampling.off()); // the plain call
    monitoring.sample(Sampling.all());
  }

  @Test
  void settings() {
    MonitoredAspect monitoring =
        MonitoredAspect.builder(registry)
            .outcome(OrderNotFound.class, Outcome.CLIENT_ERROR)
            .sampling(Sampling.oneIn(16))
            .build();
    assertThat(monitoring.slowCalls()).isEmpty();
  }

  @Test
  void manual() {
    String route = "/orders";
    double usedBytes = 1e6;
    Monitors monitors = Monitors.create(registry); // or Monitors.local(), Monitors.disabled()
    monitors.counter("api.requests", "route", route);
    long start = monitors.start();
    handle(route);
    monitors.timer("api.response_time", start, "route", route);
    monitors.gauge("memory.usage", usedBytes);
    assertThat(registry.getMeters()).hasSize(3);
  }

  private void handle(String route) {
    assertThat(route).isNotEmpty();
  }

  @Test
  void bounds() {
    SeriesFilter filter = SeriesFilter.create(SeriesLimit.defaults().withMaxTagValues(100));
    registry.config().meterFilter(filter); // before the first meter
    Map<String, Long> overflowed = filter.overflowed();
    assertThat(overflowed).isEmpty();
  }
}
