package io.perfkit.monitoring.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.cache.Caches;
import io.perfkit.testing.Await;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The examples of docs/guide/monitoring.md. */
final class HealthGuideTest {
  private static final Duration DEADLINE = Duration.ofSeconds(60);

  private record Part() {
    boolean ping() {
      return true;
    }

    boolean isDone() {
      return true;
    }
  }

  @Test
  void health() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    Part migration = new Part();
    Part database = new Part();
    Part mail = new Part();
    try (Caches caches = Caches.local()) {
      HealthChecks.Builder builder =
          HealthChecks.builder()
              .meterRegistry(registry)
              .startup("migration", HealthCheck.of(migration::isDone))
              .ready("cache", HealthCheck.of(() -> caches.health().healthy()))
              .ready("database", HealthCheck.returning(database::ping))
              .informative("mail", HealthCheck.returning(mail::ping));
      Heartbeat dispatcher = builder.live("dispatcher", Duration.ofSeconds(30));
      HealthChecks health = builder.build();
      try (health) {
        Await.until("ready", DEADLINE, () -> health.ready().healthy());
        dispatcher.beat();
        int status = health.ready().healthy() ? 200 : 503;
        String body = health.ready().json(); // {"status":"UP"}
        assertThat(status).isEqualTo(200);
        assertThat(body).isEqualTo("{\"status\":\"UP\"}");
        assertThat(health.live().healthy()).isTrue();
      }
    }
  }
}
