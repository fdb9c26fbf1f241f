package io.perfkit.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.FakeClock;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * A policy that changes while a deployment rolls: nodes of both versions decide in turn. Together
 * they never hold more than the larger of both limits, and nothing is refused for longer than a
 * window that both would admit.
 */
@RealRedis
final class RolloutIT {
  private static final int ROUNDS = 150;

  private final FakeClock clock =
      FakeClock.startingAt(Instant.now().plus(Duration.ofDays(30)).truncatedTo(ChronoUnit.DAYS));
  private final TestRedis server;

  RolloutIT(TestRedis server) {
    this.server = server;
  }

  private RateLimiter node(String prefix) {
    return RateLimiter.builder(server.client(), prefix)
        .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
        .config(RateLimiterConfig.builder().denialTtl(Duration.ZERO).build())
        .clocks(clock.nanos(), clock, Sleeper.parking())
        .serverClock(this::digits)
        .build();
  }

  private byte[] digits() {
    long micros = ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant());
    return Long.toString(micros).getBytes(StandardCharsets.US_ASCII);
  }

  private static Limit limit(Random random) {
    Duration span = Duration.ofSeconds(new int[] {1, 10, 60, 3_600}[random.nextInt(4)]);
    int permits = new int[] {1, 3, 10, 100, 129, 300}[random.nextInt(6)];
    return switch (random.nextInt(5)) {
      case 0 -> new Limit.TokenBucket(permits, span, new int[] {1, 10, 150}[random.nextInt(3)]);
      case 1, 2 -> new Limit.SlidingWindow(permits, span);
      case 3 -> new Limit.FixedWindow(permits, span);
      default -> new Limit.CalendarQuota(permits, ChronoUnit.HOURS, ZoneOffset.UTC);
    };
  }

  /**
   * At one instant the larger of both, and for windows of one length in every span. Otherwise each
   * permit counts until it is back under the limit that admitted it, so both together bound a span.
   */
  private static double most(Limit[] limits, Duration span) {
    double one = most(limits[0], span);
    double other = most(limits[1], span);
    boolean windows =
        limits[0] instanceof Limit.SlidingWindow
            && limits[1] instanceof Limit.SlidingWindow
            && limits[0].period().equals(limits[1].period());
    return windows || span.isZero() ? Math.max(one, other) : one + other;
  }

  /** The most that a limit alone admits in a span. */
  private static double most(Limit limit, Duration span) {
    double windows = (double) span.toNanos() / limit.period().toNanos();
    if (limit instanceof Limit.TokenBucket bucket) {
      return bucket.burst() + windows * bucket.permits();
    }
    if (span.isZero()) {
      return limit.permits();
    }
    int touched = limit instanceof Limit.SlidingWindow ? 1 : 2;
    return limit.permits() * (Math.floor(windows) + touched);
  }

  /** After which time a limit has forgotten all that it admitted, by a clock of microseconds. */
  private static Duration whole(Limit limit) {
    return limit instanceof Limit.TokenBucket bucket
        ? Duration.of(
            (long)
                Math.ceil(
                    (double) bucket.period().toNanos() * bucket.burst() / bucket.permits() / 1_000),
            ChronoUnit.MICROS)
        : limit.period().multipliedBy(33).dividedBy(32).plusMillis(1);
  }

  @Test
  void neverMoreThanTheLargerOfBothIsAdmitted() {
    long seed = System.nanoTime();
    for (int round = 0; round < ROUNDS; round++) {
      round(new Random(seed + round), "seed " + (seed + round), server.prefix() + "r" + round);
    }
  }

  private void round(Random random, String seed, String prefix) {
    Limit[] limits = {limit(random), limit(random)};
    String what = seed + ": " + limits[0] + " -> " + limits[1];
    Duration longest =
        whole(limits[0]).compareTo(whole(limits[1])) > 0 ? whole(limits[0]) : whole(limits[1]);
    try (RateLimiter old = node(prefix);
        RateLimiter young = node(prefix)) {
      RateLimiter[] nodes = {old, young};
      Plan[] plans = {plan(limits[0]), plan(limits[1])};
      List<Instant> admitted = new ArrayList<>();
      for (int i = 0; i < 250; i++) {
        int node = random.nextInt(2);
        int burst = random.nextInt(8) == 0 ? 40 : 1;
        for (int request = 0; request < burst; request++) {
          if (nodes[node].check(plans[node], Request.of("user", "u")).allowed()) {
            admitted.add(clock.instant());
          }
        }
        if (random.nextInt(3) == 0) {
          long part = 1L + random.nextInt(60);
          clock.advance(limits[random.nextInt(2)].period().multipliedBy(part).dividedBy(64));
        }
      }
      within(limits, admitted, what);
      clock.advance(longest);
      for (int node = 0; node < 2; node++) {
        assertThat(nodes[node].peek(plans[node], Request.of("user", "u")).allowed())
            .as("%s: node %s admits after a window", what, node)
            .isTrue();
      }
    }
  }

  private static void within(Limit[] limits, List<Instant> admitted, String what) {
    for (int from = 0; from < admitted.size(); from++) {
      for (int to = from; to < admitted.size(); to++) {
        Duration span = Duration.between(admitted.get(from), admitted.get(to));
        double most = most(limits, span);
        assertThat((double) (to - from + 1))
            .as("%s: within %s", what, span)
            .isLessThanOrEqualTo(most + 1e-9); // the rounding of doubles
      }
    }
  }

  private static Plan plan(Limit limit) {
    return Plan.of("p").with(Policy.of("login", limit), "user");
  }

  /** Also from and to permits that are held, which are members of a sorted set. */
  @Test
  void ofAllPairsOfKindsNoneOpensTheLimit() {
    Duration hour = Duration.ofHours(1);
    List<Limit> kinds =
        List.of(
            new Limit.TokenBucket(10, hour, 10),
            new Limit.SlidingWindow(10, hour),
            new Limit.SlidingWindow(150, hour),
            new Limit.FixedWindow(20, hour),
            new Limit.CalendarQuota(30, ChronoUnit.DAYS, ZoneOffset.UTC),
            new Limit.Concurrency(15, hour));
    for (int one = 0; one < kinds.size(); one++) {
      for (int other = 0; other < kinds.size(); other++) {
        String prefix = server.prefix() + "k" + one + "-" + other;
        try (RateLimiter old = node(prefix);
            RateLimiter young = node(prefix)) {
          int admitted = 0;
          for (int i = 0; i < 400; i++) {
            boolean first = i % 2 == 0;
            Decision decision =
                (first ? old : young)
                    .check(plan(kinds.get(first ? one : other)), Request.of("user", "u"));
            admitted += decision.allowed() ? 1 : 0;
          }
          assertThat((long) admitted)
              .as("%s -> %s", kinds.get(one), kinds.get(other))
              .isLessThanOrEqualTo(
                  Math.max(kinds.get(one).capacity(), kinds.get(other).capacity()));
        }
      }
    }
  }
}
