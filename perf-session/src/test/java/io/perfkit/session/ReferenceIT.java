package io.perfkit.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.redis.GuardConfig;
import io.perfkit.session.http.CookieConfig;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.ReferenceTable;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The tables of docs/reference say what the code says. */
@RealRedis
final class ReferenceIT {
  @Test
  void metricsAreThoseOfTheTable(TestRedis server) {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (SessionManager sessions =
        SessionManager.builder(server.client(), server.prefix() + "reference", Secrets.ONE)
            .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
            .meterRegistry(registry)
            .build()) {
      Session session = sessions.login(Login.of("alice")).session().orElseThrow();
      sessions.get(session.token().text());
      sessions.get("forged");
      sessions.invalidate(session);
      sessions.get(session.token().text());

      assertThat(count(registry, "perf.session.created", "kind", "login")).isEqualTo(1);
      assertThat(count(registry, "perf.session.lookups", "result", "active")).isEqualTo(1);
      assertThat(count(registry, "perf.session.lookups", "result", "not_found")).isEqualTo(1);
      assertThat(count(registry, "perf.session.lookups", "result", "revoked")).isEqualTo(1);
      assertThat(count(registry, "perf.session.ended", "reason", "logout")).isEqualTo(1);
      assertThat(registry.get("perf.session.calls").timer().count()).isEqualTo(3);
      Map<String, String> meters = ReferenceTable.under("perf-session", "metrics.md").meters();
      meters.putAll(ReferenceTable.under("perf-redis", "metrics.md").meters());
      assertThat(ReferenceTable.metersOf(registry)).isEqualTo(meters);

      assertThatThrownBy(
              () ->
                  SessionManager.localBuilder(server.prefix() + "reference")
                      .meterRegistry(registry)
                      .build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith(
              "name: '" + server.prefix() + "reference' (expected: not that of");
      SessionManager other =
          SessionManager.localBuilder("reference").meterRegistry(registry).name("other").build();
      other.close();
      assertThat(ReferenceTable.metersOf(registry)).isEqualTo(meters);
    }
    assertThat(registry.getMeters()).as("the host gets its registry back").isEmpty();
  }

  private static double count(
      SimpleMeterRegistry registry, String meter, String tag, String value) {
    return registry.get(meter).tag(tag, value).functionCounter().count();
  }

  @Test
  void defaultsAreThoseOfTheTables() {
    assertThat(ReferenceTable.under("SessionConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(SessionConfig.defaults()));
    assertThat(ReferenceTable.under("CookieConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(CookieConfig.defaults()));
  }

  @Test
  void commandsAreThoseOfTheTable() {
    assertThat(ReferenceTable.under("Least privilege", "redis-keys.md").secondByFirst())
        .containsEntry("perf-session", ReferenceTable.commandsOfScripts("perf-session"));
  }
}
