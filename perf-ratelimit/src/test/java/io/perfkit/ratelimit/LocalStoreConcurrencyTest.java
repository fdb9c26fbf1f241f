package io.perfkit.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.FakeClock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class LocalStoreConcurrencyTest {
  private static final int THREADS = 8;
  private static final Duration HOUR = Duration.ofHours(1);

  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private void onAllThreads(Callable<?> work) throws Exception {
    List<Future<?>> running = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      running.add(threads.submit(work));
    }
    for (Future<?> each : running) {
      each.get(30, TimeUnit.SECONDS);
    }
  }

  private static Request request(int ip, int user) {
    return Request.of("ip", "ip-" + ip).with("user", "user-" + user);
  }

  @Test
  void plansOfSharedPoliciesNeverAdmitTooMuchNorLock() throws Exception { // S1
    Policy first = Policy.tokenBucket("first", 2_000, HOUR);
    Policy second = Policy.slidingWindow("second", 100, HOUR);
    Policy third = Policy.slidingWindow("third", 3_000, HOUR);
    List<Plan> plans =
        List.of(
            Plan.of("123").with(first).with(second, "user").with(third, "ip"),
            Plan.of("321").with(third, "ip").with(second, "user").with(first),
            Plan.of("231").with(second, "user").with(third, "ip").with(first));
    AtomicInteger admitted = new AtomicInteger();
    AtomicInteger turn = new AtomicInteger();
    FakeClock clock = FakeClock.startingAt(Instant.EPOCH); // stands still, so nothing returns
    try (RateLimiter limiter =
        RateLimiter.localBuilder().clocks(clock.nanos(), clock, nanos -> {}).build()) {
      onAllThreads(
          () -> {
            for (int i = 0; i < 5_000; i++) {
              int at = turn.incrementAndGet();
              Decision decision = limiter.check(plans.get(at % 3), request(at % 2, at % 30));
              admitted.addAndGet(decision.allowed() ? 1 : 0);
            }
            return null;
          });

      assertThat(admitted).as("all that the narrowest policy has").hasValue(2_000);
      long left =
          limiter.peek(Plan.of("left").with(first), Request.of()).limits().get(0).remaining();
      assertThat(left).isZero();
    }
  }

  @Test
  void oneBucketAdmitsJustItsPermitsHoweverManyAskAtOnce() throws Exception { // S1
    int permits = 1_000_000;
    Plan plan = Plan.of("p").with(Policy.tokenBucket("p", permits, HOUR));
    AtomicInteger admitted = new AtomicInteger();
    FakeClock clock = FakeClock.startingAt(Instant.EPOCH);
    try (RateLimiter limiter =
        RateLimiter.localBuilder().clocks(clock.nanos(), clock, nanos -> {}).build()) {
      onAllThreads(
          () -> {
            int mine = 0;
            for (int i = 0; i < permits / 4; i++) {
              mine += limiter.check(plan, Request.of()).allowed() ? 1 : 0;
            }
            return admitted.addAndGet(mine);
          });

      assertThat(admitted).hasValue(permits);
    }
  }

  @Test
  void admissionsAreCountedOnceAndTheirSumNeverFalls() throws Exception { // S3
    FakeClock clock = FakeClock.startingAt(Instant.EPOCH);
    Policy bucket = Policy.tokenBucket("bucket", 1, Duration.ofMillis(1));
    Plan plan = Plan.of("one").with(bucket, "ip");
    Plan both = Plan.of("both").with(bucket, "ip").with(Policy.slidingWindow("all", 3_000, HOUR));
    AtomicInteger admitted = new AtomicInteger();
    AtomicInteger turn = new AtomicInteger();
    RateLimiter limiter =
        RateLimiter.localBuilder()
            .clocks(clock.nanos(), clock, nanos -> {})
            .config(RateLimiterConfig.builder().maxKeys(8).build()) // so that some share a counter
            .build();
    try {
      onAllThreads(
          () -> {
            long before = 0;
            for (int i = 0; i < 4_000; i++) {
              int at = turn.incrementAndGet();
              Request request = Request.of("ip", "ip-" + at % 20);
              Plan asked = at % 5 == 0 ? both : plan;
              if (limiter.check(asked, request).allowed()) {
                admitted.addAndGet(asked.parts().size());
              }
              if (at % 7 == 0) {
                clock.advance(Duration.ofMillis(1)); // keys are whole again, and are forgotten
              } else if (at % 11 == 0) {
                limiter.reset(plan, request);
              }
              long now = limiter.stats().allowed();
              assertThat(now).isGreaterThanOrEqualTo(before);
              before = now;
            }
            return null;
          });

      assertThat(limiter.stats().allowed()).isEqualTo(admitted.get()).isPositive();
    } finally {
      limiter.close();
    }
    assertThat(limiter.stats().allowed()).as("after close").isEqualTo(admitted.get());
  }

  @Test
  void aForgottenCountDecidesNothing() { // S2
    Duration minute = Duration.ofMinutes(1);
    for (Policy policy :
        List.of(
            Policy.tokenBucket("b", 2, minute),
            Policy.slidingWindow("l", 2, minute),
            Policy.slidingWindow("s", 200, minute),
            Policy.fixedWindow("f", 2, minute),
            Policy.concurrency("n", 2, minute))) {
      Rule rule = new Rule(policy, 0);
      CheckRequest check = new CheckRequest(new Rule[] {rule}, new String[] {"key"}, 1);
      LocalCounter count = LocalCounters.of(rule, 1, InstantSource.system()).apply(0);
      assertThat(count.forgetIfWhole(0)).as(policy.name()).isTrue();
      assertThat(count.decideAlone(0, check, true)).as(policy.name()).isNull();
    }
  }

  @Test
  void noPermitIsLostOrWonWhileKeysAreForgotten() throws Exception { // S2
    FakeClock clock = FakeClock.startingAt(Instant.EPOCH);
    Plan plan = Plan.of("p").with(Policy.tokenBucket("p", 1, Duration.ofMillis(1)), "ip");
    AtomicInteger admitted = new AtomicInteger();
    AtomicInteger turn = new AtomicInteger();
    try (RateLimiter limiter =
        RateLimiter.localBuilder()
            .clocks(clock.nanos(), clock, nanos -> {})
            .config(RateLimiterConfig.builder().maxKeys(64).build())
            .build()) {
      int rounds = 500;
      for (int round = 0; round < rounds; round++) {
        clock.advance(Duration.ofMillis(1));
        String key = "key-" + round % 50;
        onAllThreads(
            () -> {
              boolean odd = turn.incrementAndGet() % 2 == 0;
              limiter.check(plan, Request.of("ip", odd ? "a-" + turn.get() % 7 : "b"));
              return admitted.addAndGet(
                  limiter.check(plan, Request.of("ip", key)).allowed() ? 1 : 0);
            });
      }

      assertThat(admitted).as("one for each round").hasValue(rounds);
      assertThat(limiter.health().keys()).isLessThanOrEqualTo(64);
    }
  }
}
