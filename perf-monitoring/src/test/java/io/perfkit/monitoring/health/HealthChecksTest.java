package io.perfkit.monitoring.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.testing.Await;
import io.perfkit.testing.FakeClock;
import io.perfkit.testing.ReferenceTable;
import io.perfkit.testing.ThreadLeaks;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Checks on a clock that the test moves, run when the test says so. */
final class HealthChecksTest {
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final HealthConfig CONFIG = HealthConfig.builder().jitter(0).build();

  private final FakeClock clock = FakeClock.startingAt(Instant.EPOCH);
  private final Queue<Runnable> runs = new ArrayDeque<>();
  private final AtomicBoolean up = new AtomicBoolean(true);
  private final AtomicInteger asked = new AtomicInteger();

  private final HealthCheck switched =
      () -> {
        asked.incrementAndGet();
        return up.get() ? CheckResult.up() : CheckResult.down("switched off");
      };

  private HealthChecks.Builder builder() {
    return HealthChecks.builder().config(CONFIG).clock(clock.nanos()).executor(runs::add);
  }

  private void interval(HealthChecks checks) {
    checks.tick();
    while (!runs.isEmpty()) {
      runs.remove().run();
    }
    clock.advance(CONFIG.interval());
  }

  @Test
  void aProbeReadsWhatWasFoundAndAsksNobody() {
    HealthChecks checks = builder().ready("database", switched).buildStill();
    assertThat(checks.ready().status()).isEqualTo(HealthStatus.UNKNOWN);
    assertThat(checks.ready().healthy()).isFalse();
    interval(checks);
    for (int i = 0; i < 1_000; i++) {
      assertThat(checks.ready().healthy()).isTrue();
    }
    assertThat(asked).hasValue(1);
  }

  @Test
  void changesOnlyAfterSeveralResultsInARow() {
    HealthChecks checks = builder().ready("database", switched).buildStill();
    interval(checks);
    up.set(false);
    interval(checks);
    interval(checks);
    assertThat(checks.ready().healthy()).isTrue();
    up.set(true);
    interval(checks);
    up.set(false);
    interval(checks);
    interval(checks);
    assertThat(checks.ready().healthy()).as("failures in a row began anew").isTrue();
    interval(checks);
    assertThat(checks.ready().status()).isEqualTo(HealthStatus.DOWN);
    up.set(true);
    interval(checks);
    assertThat(checks.ready().healthy()).isFalse();
    interval(checks);
    assertThat(checks.ready().healthy()).isTrue();
  }

  @Test
  void anExceptionIsDownAndShowsItsClassAlone() {
    HealthCheck failing =
        () -> {
          throw new IOException("password=secret");
        };
    HealthChecks checks = builder().ready("database", failing).buildStill();
    interval(checks);
    assertThat(checks.ready().status()).isEqualTo(HealthStatus.DOWN);
    assertThat(checks.details())
        .singleElement()
        .extracting(CheckReport::reason)
        .isEqualTo("java.io.IOException");
  }

  @Test
  void aBusyPoolIsNotDownAndAnInformativeCheckDecidesNothing() {
    HealthChecks checks =
        builder()
            .ready("pool", () -> CheckResult.busy("all 10 connections in use"))
            .informative("mail", () -> CheckResult.down("no route"))
            .buildStill();
    interval(checks);
    assertThat(checks.ready().healthy()).isTrue();
    assertThat(checks.details())
        .extracting(CheckReport::status)
        .containsExactly(HealthStatus.UP, HealthStatus.DOWN);
  }

  @Test
  void aReportShowsNeitherNamesNorReasons() {
    up.set(false);
    HealthChecks checks = builder().ready("database", switched).buildStill();
    interval(checks);
    assertThat(checks.ready().json()).isEqualTo("{\"status\":\"DOWN\"}");
    assertThat(checks.ready().toString()).doesNotContain("database", "switched");
  }

  @Test
  void aResultThatIsTooOldSaysNothing() {
    HealthChecks checks = builder().ready("database", switched).buildStill();
    interval(checks);
    clock.advance(CONFIG.interval().multipliedBy(2));
    assertThat(checks.ready().healthy()).isTrue();
    clock.advance(Duration.ofNanos(1));
    assertThat(checks.ready().status()).isEqualTo(HealthStatus.UNKNOWN);
  }

  @Test
  void aLongStartIsAliveAndNotReadyUntilItIsDone() {
    up.set(false);
    HealthChecks checks =
        builder().startup("migration", switched).ready("cache", CheckResult::up).buildStill();
    for (int i = 0; i < 30; i++) {
      interval(checks);
      assertThat(checks.live().healthy()).isTrue();
      assertThat(checks.startup().healthy()).isFalse();
      assertThat(checks.ready().healthy()).isFalse();
    }
    up.set(true);
    interval(checks);
    interval(checks);
    assertThat(checks.startup().healthy()).isTrue();
    assertThat(checks.ready().healthy()).isTrue();
    int before = asked.get();
    interval(checks);
    interval(checks);
    assertThat(asked).as("a start is decided once").hasValue(before);
    assertThat(checks.ready().healthy()).isTrue();
  }

  @Test
  void livenessDependsOnHeartbeatsAlone() {
    HealthChecks.Builder builder = builder().ready("database", () -> CheckResult.down("outage"));
    Heartbeat loop = builder.live("dispatcher", Duration.ofSeconds(30));
    HealthChecks checks = builder.buildStill();
    interval(checks);
    assertThat(checks.live().healthy()).isTrue();
    clock.advance(Duration.ofSeconds(21));
    assertThat(checks.live().status()).isEqualTo(HealthStatus.DOWN);
    assertThat(checks.details())
        .last()
        .isEqualTo(
            new CheckReport(
                "dispatcher",
                CheckGroup.LIVENESS,
                true,
                HealthStatus.DOWN,
                "no beat for PT31S",
                Duration.ofSeconds(31)));
    loop.beat();
    assertThat(checks.live().healthy()).isTrue();
  }

  @Test
  void aDrainingInstanceIsAliveAndNotReady() {
    HealthChecks checks = builder().ready("database", switched).buildStill();
    interval(checks);
    checks.drain();
    assertThat(checks.ready().status()).isEqualTo(HealthStatus.DOWN);
    assertThat(checks.live().healthy()).isTrue();
    assertThat(checks.startup().healthy()).isTrue();
    HealthChecks disabled = HealthChecks.disabled();
    assertThat(disabled.ready().healthy()).isTrue();
    disabled.close();
    assertThat(disabled.ready().healthy()).isFalse();
  }

  @Test
  void aRunThatNeverEndsCountsAsDownAndIsFollowedByNoOther() {
    HealthChecks checks = builder().ready("database", switched).buildStill();
    checks.tick();
    assertThat(runs).hasSize(1); // it is not run: it hangs
    clock.advance(CONFIG.timeout());
    checks.tick();
    assertThat(checks.ready().status()).isEqualTo(HealthStatus.DOWN);
    for (int i = 0; i < 100; i++) {
      clock.advance(CONFIG.interval());
      checks.tick();
    }
    assertThat(runs).as("H1").hasSize(1);
    assertThat(checks.ready().status()).as("not unknown").isEqualTo(HealthStatus.DOWN);
    runs.remove().run();
    assertThat(asked).as("its time was up before it had a thread").hasValue(0);
    interval(checks); // not due yet
    interval(checks);
    interval(checks);
    assertThat(checks.ready().healthy()).isTrue();
  }

  @Test
  void anExecutorThatRefusesIsDown() {
    HealthChecks checks =
        builder()
            .executor(
                run -> {
                  throw new RejectedExecutionException();
                })
            .ready("database", switched)
            .buildStill();
    checks.tick();
    assertThat(checks.details())
        .singleElement()
        .extracting(CheckReport::reason)
        .isEqualTo("no thread");
  }

  @Test
  void anExecutorThatThrowsAnErrorIsAskedAgain() {
    AtomicBoolean broken = new AtomicBoolean(true);
    HealthChecks checks =
        builder()
            .executor(
                run -> {
                  if (broken.getAndSet(false)) {
                    throw new LinkageError("of the host's executor");
                  }
                  run.run();
                })
            .ready("database", switched)
            .buildStill();
    checks.tick();
    assertThat(checks.ready().healthy()).isFalse();
    clock.advance(CONFIG.interval().multipliedBy(2));
    checks.tick();
    assertThat(asked).hasValue(1);
  }

  @Test
  void noRunBeginsAfterClose() {
    HealthChecks checks = builder().ready("database", switched).buildStill();
    checks.close();
    checks.tick();
    assertThat(runs).isEmpty();
  }

  @Test
  void aCheckThatIgnoresTheInterruptCostsOneThreadHoweverLongItHangs() {
    CountDownLatch end = new CountDownLatch(1);
    AtomicInteger began = new AtomicInteger();
    AtomicInteger interrupts = new AtomicInteger();
    HealthConfig fast =
        HealthConfig.builder()
            .interval(Duration.ofMillis(50))
            .timeout(Duration.ofMillis(50))
            .build();
    ThreadLeaks.assertNone(
        "perf-monitoring-health",
        () -> {
          try (HealthChecks checks =
              HealthChecks.builder()
                  .config(fast)
                  .ready(
                      "stubborn",
                      () -> {
                        began.incrementAndGet();
                        while (end.getCount() > 0) {
                          try {
                            end.await();
                          } catch (InterruptedException e) {
                            interrupts.incrementAndGet();
                          }
                        }
                        return CheckResult.up();
                      })
                  .informative("other", switched)
                  .build()) {
            Await.until("several intervals", DEADLINE, () -> asked.get() > 10);
            Await.until("interrupted", DEADLINE, () -> interrupts.get() > 0);
            assertThat(began).as("H1").hasValue(1);
            assertThat(interrupts).as("H2").hasValue(1);
            Await.until("down", DEADLINE, () -> checks.ready().status() == HealthStatus.DOWN);
            Await.until("threads of two checks at most", DEADLINE, () -> threads() <= 2);
            end.countDown();
            Await.until("up again", DEADLINE, () -> checks.ready().healthy());
          } finally {
            end.countDown();
          }
        });
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("perf-monitoring-health-"))
        .count();
  }

  @Test
  void intervalsVaryByTheJitterAlone() {
    HealthConfig config = HealthConfig.builder().jitter(0.5).build();
    HealthChecks checks = builder().config(config).ready("database", switched).buildStill();
    for (int i = 0; i < 200; i++) {
      checks.tick();
      runs.remove().run();
      clock.advance(Duration.ofMillis(4_999));
      checks.tick();
      assertThat(runs).isEmpty();
      clock.advance(Duration.ofMillis(10_001));
    }
  }

  @Test
  void metersAreThoseOfTheTableAndGoWithTheChecks() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    HealthChecks checks =
        builder().meterRegistry(registry).ready("database", switched).buildStill();
    interval(checks);
    assertThat(
            registry
                .get("perf.monitoring.health.checks")
                .tags("check", "database", "outcome", "up")
                .timer()
                .count())
        .isEqualTo(1);
    assertThat(registry.get("perf.monitoring.health.status").gauge().value()).isEqualTo(1);
    assertThat(ReferenceTable.metersOf(registry))
        .isEqualTo(ReferenceTable.under("perf-monitoring: health", "metrics.md").meters());
    checks.close();
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void twoOnOneRegistryHaveMetersOfTheirOwn() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    HealthChecks first = builder().meterRegistry(registry).ready("database", switched).buildStill();
    HealthChecks second =
        builder()
            .meterRegistry(registry)
            .ready("database", () -> CheckResult.down("away"))
            .buildStill();
    interval(first);
    interval(second);
    assertThat(status(registry, "health")).isEqualTo(1);
    assertThat(status(registry, "health-2")).isZero();
    first.close();
    assertThat(status(registry, "health-2")).isZero();
    HealthChecks third = builder().meterRegistry(registry).name("health").buildStill();
    third.close();
    second.close();
    assertThat(registry.getMeters()).isEmpty();
  }

  private static double status(SimpleMeterRegistry registry, String health) {
    return registry.get("perf.monitoring.health.status").tag("health", health).gauge().value();
  }

  @Test
  void refusesSettingsBeyondTheirBounds() {
    assertRefused(
        HealthConfig.builder().interval(Duration.ofMillis(9)),
        "interval: PT0.009S (expected: PT0.01S to PT1H)");
    assertRefused(
        HealthConfig.builder().timeout(Duration.ofSeconds(11)),
        "timeout: PT11S (expected: not longer than interval PT10S)");
    assertRefused(HealthConfig.builder().failures(0), "failures: 0 (expected: 1 to 100)");
    assertRefused(HealthConfig.builder().successes(101), "successes: 101 (expected: 1 to 100)");
    assertRefused(HealthConfig.builder().jitter(0.6), "jitter: 0.6 (expected: 0 to 0.5)");
    assertThat(CONFIG.toBuilder().build()).isEqualTo(CONFIG);
    assertThatThrownBy(() -> builder().ready("a", switched).startup("a", switched))
        .hasMessage("name: 'a' (expected: once)");
    assertThatThrownBy(() -> builder().live("loop", Duration.ZERO))
        .hasMessage("maxSilence: PT0S (expected: above 0)");
    HealthChecks.Builder twice = builder().ready("loop", switched);
    assertThatThrownBy(() -> twice.live("loop", Duration.ofSeconds(1)))
        .hasMessage("name: 'loop' (expected: once)");
  }

  private static void assertRefused(HealthConfig.Builder builder, String message) {
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void defaultsAreThoseOfTheTable() {
    assertThat(ReferenceTable.under("HealthConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(HealthConfig.defaults()));
  }
}
