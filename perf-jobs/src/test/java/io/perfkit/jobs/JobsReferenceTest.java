package io.perfkit.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.testing.Await;
import io.perfkit.testing.ReferenceTable;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The tables of docs/reference say what the code says. */
final class JobsReferenceTest {
  record Nothing() {}

  @Test
  void metricsAreThoseOfTheTable() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    JobType<Nothing> type = JobType.of("nothing", Nothing.class);
    try (Jobs jobs =
        Jobs.localBuilder("reference")
            .meterRegistry(registry)
            .build()
            .handle(type, (nothing, context) -> {})
            .start()) {
      jobs.enqueue(type, new Nothing());
      Await.until("it ran", Duration.ofSeconds(30), () -> jobs.stats().done() == 1);
      assertThat(ReferenceTable.metersOf(registry))
          .isEqualTo(ReferenceTable.under("perf-jobs", "metrics.md").meters());
    }
    assertThat(registry.getMeters()).as("the host gets its registry back").isEmpty();
  }

  @Test
  void commandsAreThoseOfTheTable() {
    assertThat(ReferenceTable.under("Least privilege", "redis-keys.md").secondByFirst())
        .containsEntry("perf-jobs", ReferenceTable.commandsOfScripts("perf-jobs"));
  }

  @Test
  void defaultsAreThoseOfTheTables() {
    assertThat(ReferenceTable.under("JobsConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(JobsConfig.defaults()));
    assertThat(ReferenceTable.under("QueueConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(QueueConfig.defaults()));
  }
}
