package io.perfkit.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.FakeClock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

final class CronSchedulesTest {
  record Report(String name) {}

  private static final JobType<Report> REPORT = JobType.of("report", Report.class);
  private static final ZoneId UTC = ZoneId.of("UTC");
  private static final Cron NIGHTLY = Cron.parse("0 3 * * *", UTC);

  private static int run(JobsTestKit kit, Duration step, int steps) {
    int ran = 0;
    for (int i = 0; i < steps; i++) {
      ran += kit.runDue();
      kit.advance(step);
    }
    return ran;
  }

  @Test
  void firesAtItsTimesOnly() {
    try (JobsTestKit kit = JobsTestKit.create()) {
      List<Instant> times = new ArrayList<>();
      kit.jobs()
          .handle(REPORT, (report, context) -> times.add(kit.now()))
          .cron("nightly", NIGHTLY, REPORT, new Report("sales"));
      assertThat(run(kit, Duration.ofMinutes(10), 6 * 24 * 3)).isEqualTo(3);
      assertThat(times)
          .containsExactly(
              Instant.parse("2026-01-01T03:00:00Z"),
              Instant.parse("2026-01-02T03:00:00Z"),
              Instant.parse("2026-01-03T03:00:00Z"));
    }
  }

  @Test
  void aTimeBeforeTheStartIsPassedOverUnlessItIsToBeCaughtUp() {
    for (boolean catchesUp : List.of(false, true)) {
      try (JobsTestKit kit = JobsTestKit.create()) {
        kit.advance(Duration.ofHours(5));
        kit.jobs()
            .handle(REPORT, (report, context) -> {})
            .cron(
                "nightly",
                NIGHTLY,
                catchesUp ? Duration.ofDays(3) : Duration.ZERO,
                REPORT,
                new Report("sales"));
        assertThat(kit.runDue()).as("the last of three").isEqualTo(catchesUp ? 1 : 0);
        assertThat(kit.runDue()).isZero();
      }
    }
  }

  @Test
  void manyNodesFireATimeOnceWhateverTheirClocksShow() {
    FakeClock clock = FakeClock.startingAt(Instant.parse("2026-03-01T00:00:00Z"));
    MemoryStore store = new MemoryStore("cron", clock.nanos(), clock);
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    List<CronSchedules> nodes = new ArrayList<>();
    Supplier<NewJob> job = Samples::plain;
    for (int i = 0; i < 5; i++) {
      CronSchedules node = new CronSchedules(store);
      node.add("often", Cron.parse("* * * * *", UTC), Duration.ZERO, Samples.QUEUE, job);
      node.tick(0);
      nodes.add(node);
    }
    long[] elapsed = new long[5];
    for (int minute = 0; minute < 60; minute++) {
      clock.advance(Duration.ofMinutes(1));
      for (int i = 0; i < 5; i++) {
        int speed = 1 + random.nextInt(3); // its own clock decides only when it asks
        elapsed[i] += Duration.ofMinutes(speed).toNanos();
        nodes.get(i).tick(elapsed[i]);
      }
    }
    assertThat(store.counts(true).get(Samples.QUEUE).enqueued())
        .as("C1, C2: 60 times, seed %s", seed)
        .isEqualTo(60);
  }

  @Test
  void twoSchedulesOfOneNameAreRefused() {
    try (JobsTestKit kit = JobsTestKit.create()) {
      kit.jobs().cron("nightly", NIGHTLY, REPORT, new Report("a"));
      assertThatThrownBy(() -> kit.jobs().cron("nightly", NIGHTLY, REPORT, new Report("b")))
          .hasMessage("schedule nightly: exists already");
    }
  }
}
