package io.perfkit.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.FakeClock;
import java.security.Principal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a limiter decides, wherever it counts, by a clock that the test moves. */
abstract class RateLimiterContract {
  static final Duration SECOND = Duration.ofSeconds(1);
  static final Duration MICRO = Duration.of(1, ChronoUnit.MICROS);

  /** So far ahead that no key expires by the server's own clock while a test runs. */
  final FakeClock clock =
      FakeClock.startingAt(Instant.now().plus(Duration.ofDays(30)).truncatedTo(ChronoUnit.DAYS));

  private final List<RateLimiter> limiters = new ArrayList<>();

  abstract RateLimiter.Builder builder();

  RateLimiter limiter() {
    return limiter(builder());
  }

  RateLimiter limiter(RateLimiter.Builder builder) {
    RateLimiter limiter =
        builder
            .clocks(clock.nanos(), clock, nanos -> clock.advance(Duration.ofNanos(nanos)))
            .build();
    limiters.add(limiter);
    return limiter;
  }

  @AfterEach
  void close() {
    limiters.forEach(RateLimiter::close);
  }

  static Request ip(String address) {
    return Request.of("ip", address);
  }

  private static final Request A = ip("192.0.2.1");

  private static Plan plan(Policy policy) {
    return Plan.of(policy.name()).with(policy, "ip");
  }

  static LimitStatus only(Decision decision) {
    assertThat(decision.limits()).hasSize(1);
    return decision.limits().get(0);
  }

  private void admits(RateLimiter limiter, Plan plan, int times) {
    for (int i = 0; i < times; i++) {
      assertThat(limiter.check(plan, A).allowed()).as("request %s", i).isTrue();
    }
  }

  /** Waiting just as long as told is enough, and a microsecond less is not. */
  private void honours(RateLimiter limiter, Plan plan, Decision refusal, Duration expected) {
    assertThat(refusal.allowed()).isFalse();
    assertThat(refusal.retryAfter()).isEqualTo(expected);
    clock.advance(expected.minus(MICRO));
    assertThat(limiter.peek(plan, A).allowed()).isFalse();
    clock.advance(MICRO);
    assertThat(limiter.peek(plan, A).allowed()).isTrue();
  }

  @Test
  void aBucketAdmitsItsBurstAndThenItsRate() {
    RateLimiter limiter = limiter();
    Plan plan = plan(Policy.tokenBucket("bucket", 10, SECOND, 3));

    admits(limiter, plan, 3);
    Decision refusal = limiter.check(plan, A);

    honours(limiter, plan, refusal, Duration.ofMillis(100));
    admits(limiter, plan, 1);
    assertThat(limiter.check(plan, A).allowed()).isFalse();
    clock.advance(Duration.ofHours(1));
    admits(limiter, plan, 3);
    assertThat(limiter.check(plan, A).allowed()).as("never more than the burst").isFalse();
  }

  @Test
  void aBucketSaysHowItStands() {
    RateLimiter limiter = limiter();
    Policy policy = Policy.tokenBucket("told", 10, SECOND, 5);
    Plan plan = plan(policy);

    assertThat(only(limiter.check(plan, A)))
        .isEqualTo(new LimitStatus(policy, 5, 4, Duration.ofMillis(100), Duration.ZERO));
    clock.advance(Duration.ofMillis(50));
    assertThat(only(limiter.check(plan, A, 4)))
        .isEqualTo(new LimitStatus(policy, 5, 0, Duration.ofMillis(450), Duration.ZERO));
    assertThat(only(limiter.check(plan, A)))
        .isEqualTo(new LimitStatus(policy, 5, 0, Duration.ofMillis(450), Duration.ofMillis(50)));
  }

  @Test
  void aBucketOfAnAwkwardRateIsExactToTheMicrosecond() {
    RateLimiter limiter = limiter();
    Plan plan = plan(Policy.tokenBucket("seven", 7, SECOND, 1));

    admits(limiter, plan, 1);

    honours(limiter, plan, limiter.check(plan, A), Duration.of(142_858, ChronoUnit.MICROS));
  }

  @Test
  void aWaitThatIsNoWholeNumberOfMicrosecondsIsRoundedUp() {
    RateLimiter limiter = limiter();
    Plan plan = plan(Policy.tokenBucket("odd", 999_999, SECOND, 1)); // 1.000001 us for a permit
    admits(limiter, plan, 1);

    honours(limiter, plan, limiter.check(plan, A), MICRO.multipliedBy(2));
  }

  @Test
  void aShortWindowForgetsEachRequestWhenItIsAWindowOld() {
    RateLimiter limiter = limiter();
    Policy policy = Policy.slidingWindow("log", 3, Duration.ofSeconds(10));
    Plan plan = plan(policy);

    admits(limiter, plan, 1);
    clock.advance(Duration.ofSeconds(4));
    assertThat(only(limiter.check(plan, A)))
        .isEqualTo(new LimitStatus(policy, 3, 1, Duration.ofSeconds(10), Duration.ZERO));
    admits(limiter, plan, 1);
    Decision refusal = limiter.check(plan, A);
    assertThat(only(refusal))
        .isEqualTo(new LimitStatus(policy, 3, 0, Duration.ofSeconds(10), Duration.ofSeconds(6)));
    assertThat(limiter.check(plan, A, 2).retryAfter()).isEqualTo(Duration.ofSeconds(10));

    honours(limiter, plan, refusal, Duration.ofSeconds(6));
    admits(limiter, plan, 1);
    assertThat(limiter.check(plan, A).allowed()).isFalse();
  }

  @Test
  void aLongWindowNeverAdmitsMoreThanItSaysWhereverItBegins() {
    RateLimiter limiter = limiter();
    Policy policy = Policy.slidingWindow("segments", 320, Duration.ofSeconds(32));
    Plan plan = plan(policy);

    clock.advance(Duration.ofMillis(31_500));
    assertThat(limiter.check(plan, A, 160).allowed()).isTrue();
    clock.advance(Duration.ofSeconds(1));
    assertThat(limiter.check(plan, A, 160).allowed()).isTrue();
    Decision refusal = limiter.check(plan, A);
    assertThat(only(refusal).remaining()).isZero();

    honours(limiter, plan, refusal, Duration.ofMillis(31_500)); // segments end on whole seconds
    assertThat(only(limiter.peek(plan, A)).remaining()).isEqualTo(160);
    assertThat(limiter.check(plan, A, 160).allowed()).isTrue();
    assertThat(limiter.check(plan, A).retryAfter()).isEqualTo(SECOND);
  }

  @Test
  void aFixedWindowBeginsAnewOnTheClock() {
    RateLimiter limiter = limiter();
    Plan plan = plan(Policy.fixedWindow("fixed", 2, Duration.ofMinutes(1)));
    clock.advance(Duration.ofSeconds(59));

    admits(limiter, plan, 2);

    honours(limiter, plan, limiter.check(plan, A), SECOND);
    admits(limiter, plan, 2);
    assertThat(limiter.check(plan, A).retryAfter()).isEqualTo(Duration.ofMinutes(1));
  }

  @Test
  void aQuotaFollowsTheCalendarOfItsZone() {
    RateLimiter limiter = limiter();
    ZoneId zone = ZoneId.of("Asia/Tokyo"); // nine hours ahead, without summer time
    Plan plan = plan(Policy.calendarQuota("daily", 2, ChronoUnit.DAYS, zone));
    clock.advance(Duration.ofHours(14));

    admits(limiter, plan, 2);

    honours(limiter, plan, limiter.check(plan, A), Duration.ofHours(1));
    admits(limiter, plan, 2);
    assertThat(limiter.check(plan, A).retryAfter()).isEqualTo(Duration.ofHours(24));
  }

  @Test
  void heldPermitsComeBackByReleaseOrAtTheEndOfTheirLease() {
    RateLimiter limiter = limiter();
    Policy policy = Policy.concurrency("held", 2, Duration.ofSeconds(30));
    Plan plan = plan(policy);

    Decision first = limiter.check(plan, A);
    clock.advance(Duration.ofSeconds(10));
    Decision second = limiter.check(plan, A);
    assertThat(only(second).remaining()).isZero();
    assertThat(limiter.check(plan, A).retryAfter()).isEqualTo(Duration.ofSeconds(20));

    assertThat(limiter.release(second)).isTrue();
    assertThat(limiter.release(second)).as("once").isFalse();
    Decision third = limiter.check(plan, A);
    assertThat(third.allowed()).isTrue();
    honours(limiter, plan, limiter.check(plan, A), Duration.ofSeconds(20)); // the first one's end
    assertThat(limiter.release(first)).as("late, and no harm").isTrue();
    assertThat(only(limiter.peek(plan, A)).remaining()).isEqualTo(1);
  }

  @Test
  void eitherAllPoliciesAreChargedOrNone() {
    RateLimiter limiter = limiter();
    Policy wide = Policy.tokenBucket("wide", 10, SECOND);
    Policy narrow = Policy.slidingWindow("narrow", 1, SECOND);
    Plan both = Plan.of("both").with(wide, "ip").with(narrow, "ip");
    Plan reversed = Plan.of("reversed").with(narrow, "ip").with(wide, "ip");

    assertThat(limiter.check(both, A).limits()).noneMatch(LimitStatus::refuses);
    for (int i = 0; i < 5; i++) {
      Decision refusal = limiter.check(i % 2 == 0 ? both : reversed, A);
      assertThat(refusal.allowed()).isFalse();
      assertThat(refusal.binding().orElseThrow().policy()).isEqualTo(narrow);
    }

    assertThat(only(limiter.peek(plan(wide), A)).remaining()).isEqualTo(9);
  }

  @Test
  void aPolicyInSeveralPlansCountsOnce() {
    RateLimiter limiter = limiter();
    Policy shared = Policy.tokenBucket("shared", 2, SECOND);
    Plan one = Plan.of("one").with(shared, "ip");
    Plan two =
        Plan.of("two").with(Policy.tokenBucket("other", 9, SECOND), "user").with(shared, "ip");

    admits(limiter, one, 1);
    Decision last = limiter.check(two, A.with("user", "u"));
    assertThat(last.allowed()).isTrue();
    assertThat(last.limits()).as("what is spent now was admitted").noneMatch(LimitStatus::refuses);

    assertThat(limiter.check(one, A).allowed()).isFalse();
  }

  @Test
  void keysAndPoliciesAreToldApart() {
    RateLimiter limiter = limiter();
    Plan a = plan(Policy.tokenBucket("a", 1, SECOND));
    Plan ab = plan(Policy.tokenBucket("a.b", 1, SECOND));

    for (Request request : List.of(ip("x"), ip("b:x"), ip("y"), ip("X"), ip("é"), ip(" "))) {
      assertThat(limiter.check(a, request).allowed()).isTrue();
      assertThat(limiter.check(ab, request).allowed()).isTrue();
      assertThat(limiter.check(a, request).allowed()).isFalse();
    }
  }

  @Test
  void aLongKeyCountsByItsDigest() {
    RateLimiter limiter = limiter();
    Plan plan = plan(Policy.tokenBucket("long", 1, SECOND));
    String tenKilobytes = "k".repeat(10_240);

    assertThat(limiter.check(plan, ip(tenKilobytes)).allowed()).isTrue();
    assertThat(limiter.check(plan, ip(tenKilobytes)).allowed()).isFalse();
    assertThat(limiter.check(plan, ip(tenKilobytes + "k")).allowed()).isTrue();
    assertThat(limiter.topRefused()).allMatch(offender -> offender.key().length() == 65);
  }

  @Test
  void aShadowCountsAndRefusesNothing() {
    RateLimiter limiter = limiter();
    Policy shadow = Policy.tokenBucket("trial", 1, SECOND).asShadow();
    Policy real = Policy.tokenBucket("real", 3, SECOND);
    Plan plan = Plan.of("trial").with(shadow, "ip").with(real, "ip");

    admits(limiter, plan, 3);
    Decision last = limiter.peek(plan, A);

    assertThat(last.limits().get(0).refuses()).isTrue();
    assertThat(last.binding().orElseThrow().policy()).isEqualTo(real);
    assertThat(only(limiter.peek(plan(real), A)).remaining()).isZero();
    assertThat(limiter.check(plan, ip("other"), 2).allowed())
        .as("too much for the shadow only")
        .isTrue();
    assertThat(only(limiter.peek(plan(real), ip("other"))).remaining()).isEqualTo(1);
  }

  @Test
  void costsMultiplyAndComeAllOrNotAtAll() {
    RateLimiter limiter = limiter();
    Plan plan = plan(Policy.tokenBucket("cost", 10, SECOND).withCost(3));

    assertThat(only(limiter.check(plan, A, 2)).remaining()).isEqualTo(4);
    assertThat(limiter.check(plan, A, 2).allowed()).isFalse();
    assertThat(only(limiter.check(plan, A)).remaining()).isEqualTo(1);
  }

  @Test
  void whatCostsMoreThanThereEverIsIsRefusedForeverAndChargesNothing() {
    RateLimiter limiter = limiter();
    Plan plan =
        Plan.of("never")
            .with(Policy.tokenBucket("big", 100, SECOND), "ip")
            .with(Policy.tokenBucket("small", 5, SECOND), "ip");
    admits(limiter, plan, 1);

    for (long permits : new long[] {6, 101, Long.MAX_VALUE}) {
      Decision refusal = limiter.check(plan, A, permits);
      assertThat(refusal).isInstanceOf(Decision.Denied.class);
      assertThat(((Decision.Denied) refusal).reason()).isEqualTo(Decision.Reason.NEVER);
      assertThat(refusal.retryAfter()).isEqualTo(ChronoUnit.FOREVER.getDuration());
    }

    assertThat(limiter.peek(plan, A).limits())
        .extracting(LimitStatus::remaining)
        .containsExactly(99L, 4L);
  }

  @Test
  void lookingChargesNothing() {
    RateLimiter limiter = limiter();
    Plan plan = plan(Policy.tokenBucket("look", 2, SECOND));

    for (int i = 0; i < 5; i++) {
      assertThat(only(limiter.peek(plan, A)).remaining()).isEqualTo(2);
    }
  }

  @Test
  void aRefundGivesBackWhatHasNotReturnedByItself() {
    RateLimiter limiter = limiter();
    Plan plan = plan(Policy.tokenBucket("back", 10, SECOND, 5));
    Decision charged = limiter.check(plan, A, 4);
    clock.advance(Duration.ofMillis(250)); // 2.5 of them are there again

    assertThat(limiter.refund(charged)).isTrue();
    assertThat(only(limiter.peek(plan, A)))
        .extracting(LimitStatus::remaining, LimitStatus::resetAfter)
        .containsExactly(5L, Duration.ZERO);
    assertThat(limiter.refund(charged)).as("once").isFalse();
  }

  @Test
  void ofAPermitThatIsRefundedLateOnlyTheRestComesBack() {
    RateLimiter limiter = limiter();
    Plan plan = plan(Policy.tokenBucket("rest", 10, SECOND, 5));
    Decision charged = limiter.check(plan, A);
    limiter.check(plan, A);
    clock.advance(Duration.ofMillis(30)); // 0.3 of a permit

    limiter.refund(charged);

    assertThat(only(limiter.peek(plan, A)).resetAfter())
        .as("two were spent, 0.3 have returned, 0.7 were refunded")
        .isEqualTo(Duration.ofMillis(100));
  }

  @Test
  void aRefundNeverLetsABurstThroughThatTheRestDoesNotAllow() {
    RateLimiter limiter = limiter();
    Plan plan = plan(Policy.tokenBucket("late", 10, SECOND, 5));
    Decision charged = limiter.check(plan, A, 2);
    clock.advance(Duration.ofMillis(150));
    assertThat(limiter.check(plan, A, 4).allowed()).isTrue(); // 0.5 left

    limiter.refund(charged); // of which 1.5 have returned

    assertThat(only(limiter.peek(plan, A)).remaining()).isEqualTo(1);
    clock.advance(SECOND);
    Decision late = limiter.check(plan, A, 2);
    clock.advance(Duration.ofMillis(200));
    assertThat(limiter.check(plan, A, 5).allowed()).isTrue();
    limiter.refund(late);
    assertThat(only(limiter.peek(plan, A)).remaining()).isZero();
  }

  @Test
  void aRefundOfAWindowTakesTheRequestOutOfIt() {
    RateLimiter limiter = limiter();
    for (Policy policy :
        List.of(
            Policy.slidingWindow("refund-log", 10, Duration.ofSeconds(10)),
            Policy.slidingWindow("refund-segments", 200, Duration.ofSeconds(10)),
            Policy.fixedWindow("refund-fixed", 10, Duration.ofSeconds(10)),
            Policy.calendarQuota("refund-day", 10, ChronoUnit.DAYS, ZoneId.of("UTC")),
            Policy.concurrency("refund-held", 10, Duration.ofSeconds(10)))) {
      Plan plan = plan(policy);
      Decision charged = limiter.check(plan, A, 6);
      clock.advance(MICRO);
      limiter.check(plan, A, 3);
      long before = only(limiter.peek(plan, A)).remaining();

      assertThat(limiter.refund(charged)).isTrue();
      assertThat(limiter.refund(charged)).isFalse();

      assertThat(only(limiter.peek(plan, A)).remaining()).as(policy.name()).isEqualTo(before + 6);
    }
  }

  @Test
  void aRefundAfterAResetGivesNothing() {
    RateLimiter limiter = limiter();
    for (Policy policy :
        List.of(
            Policy.slidingWindow("reset-log", 10, Duration.ofSeconds(10)),
            Policy.fixedWindow("reset-fixed", 10, Duration.ofSeconds(10)),
            Policy.tokenBucket("reset-bucket", 10, Duration.ofSeconds(10)))) {
      Plan plan = plan(policy);
      Decision charged = limiter.check(plan, A, 5);
      limiter.reset(plan, A);
      clock.advance(MICRO);
      limiter.check(plan, A, 5);

      limiter.refund(charged);

      assertThat(only(limiter.peek(plan, A)).remaining()).as(policy.name()).isEqualTo(5);
    }
  }

  @Test
  void nothingIsRefundedForWhatChargedNothing() {
    RateLimiter limiter = limiter(builder().bypass(principal -> true));
    Plan plan = plan(Policy.tokenBucket("nothing", 1, SECOND));
    admits(limiter, plan, 1);

    assertThat(limiter.refund(limiter.check(plan, A))).isFalse();
    assertThat(limiter.refund(limiter.check(plan, A.as(() -> "admin")))).isFalse();
    assertThat(limiter.check(plan, A).allowed()).isFalse();
  }

  @Test
  void aBlockRefusesUntilItEnds() {
    RateLimiter limiter = limiter();
    Policy policy = Policy.tokenBucket("blocked", 10, SECOND);
    Policy held = Policy.concurrency("blocked-held", 3, SECOND);
    for (Plan plan : List.of(plan(policy), plan(held))) {
      admits(limiter, plan, 1);
      limiter.block(plan, A, Duration.ofMinutes(5));

      Decision refusal = limiter.check(plan, A);
      assertThat(((Decision.Denied) refusal).reason()).isEqualTo(Decision.Reason.BLOCKED);
      assertThat(limiter.check(plan, ip("other")).allowed()).isTrue();
      honours(limiter, plan, refusal, Duration.ofMinutes(5));
      admits(limiter, plan, 1);
    }
  }

  @Test
  void aResetEndsABlockAndGivesAllBack() {
    RateLimiter limiter = limiter();
    Plan plan = plan(Policy.tokenBucket("reset", 2, Duration.ofHours(1)));
    admits(limiter, plan, 2);
    assertThat(limiter.check(plan, A).allowed()).isFalse();
    limiter.block(plan, A, Duration.ofDays(1));
    assertThat(limiter.check(plan, A).allowed()).isFalse();

    limiter.reset(plan, A);

    admits(limiter, plan, 2);
  }

  @Test
  void blockAndResetLeaveOtherDimensionsAlone() {
    RateLimiter limiter = limiter();
    Plan plan =
        Plan.of("two")
            .with(Policy.tokenBucket("by-ip", 5, SECOND), "ip")
            .with(Policy.tokenBucket("by-user", 5, SECOND), "user");

    limiter.block(plan, A, SECOND);

    assertThat(limiter.check(plan, A.with("user", "u")).allowed()).isFalse();
    assertThat(limiter.check(plan, ip("other").with("user", "u")).allowed()).isTrue();
  }

  @Test
  void anExemptPrincipalIsNotCounted() {
    List<String> asked = new ArrayList<>();
    RateLimiter limiter =
        limiter(
            builder()
                .bypass(
                    principal -> {
                      asked.add(principal.getName());
                      return principal.getName().equals("admin");
                    }));
    Plan plan = plan(Policy.tokenBucket("exempt", 1, SECOND));
    Principal admin = () -> "admin";
    Principal guest = () -> "guest";

    for (int i = 0; i < 3; i++) {
      assertThat(limiter.check(plan, A.as(admin))).isInstanceOf(Decision.Bypassed.class);
    }
    assertThat(limiter.check(plan, A.as(guest)).allowed()).isTrue();
    assertThat(limiter.check(plan, A.as(guest)).allowed()).isFalse();
    assertThat(limiter.check(plan, ip("admin")).allowed()).as("a key exempts nobody").isTrue();
    assertThat(asked).containsExactly("admin", "admin", "admin", "guest", "guest");
  }

  @Test
  void awaitingSleepsJustAsLongAsItTakes() throws InterruptedException {
    RateLimiter limiter = limiter();
    Plan plan = plan(Policy.tokenBucket("await", 10, SECOND, 1));
    admits(limiter, plan, 1);
    long start = clock.nanos().getAsLong();

    assertThat(limiter.await(plan, A, SECOND).allowed()).isTrue();
    assertThat(Duration.ofNanos(clock.nanos().getAsLong() - start))
        .isEqualTo(Duration.ofMillis(100));
    assertThat(limiter.await(plan, A, Duration.ofMillis(99)).allowed())
        .as("at once, since it would be in vain")
        .isFalse();
    assertThat(Duration.ofNanos(clock.nanos().getAsLong() - start))
        .isEqualTo(Duration.ofMillis(100));
    assertThat(limiter.await(plan, A, Duration.ofMillis(100)).allowed()).isTrue();
  }

  @Test
  void awaitingWhatNeverComesEndsAtOnce() throws InterruptedException {
    RateLimiter limiter = limiter();
    Plan plan = plan(Policy.tokenBucket("block", 1, SECOND));
    limiter.block(plan, A, Duration.ofDays(1));

    assertThat(limiter.await(plan, A, Duration.ofHours(1)).allowed()).isFalse();
  }

  @Test
  void aPolicyWithoutDimensionCountsAllTogether() {
    RateLimiter limiter = limiter();
    Plan plan = Plan.of("all").with(Policy.tokenBucket("total", 2, SECOND));

    assertThat(limiter.check(plan, ip("a")).allowed()).isTrue();
    assertThat(limiter.check(plan, Request.of()).allowed()).isTrue();
    assertThat(limiter.check(plan, ip("b")).allowed()).isFalse();
  }

  @Test
  void anOptionalPolicyCountsOnlyWhoHasItsKey() {
    RateLimiter limiter = limiter();
    Plan plan =
        Plan.of("optional")
            .with(Policy.tokenBucket("ip", 5, SECOND), "ip")
            .withIfPresent(Policy.tokenBucket("user", 1, SECOND), "user");

    assertThat(limiter.check(plan, A).limits()).hasSize(1);
    assertThat(limiter.check(plan, A.with("user", "u")).limits()).hasSize(2);
    assertThat(limiter.check(plan, A.with("user", "u")).allowed()).isFalse();
    assertThat(limiter.check(plan, A).allowed()).isTrue();
  }

  @Test
  void refusesWhatCannotBeAsked() {
    RateLimiter limiter = limiter();
    Plan plan = plan(Policy.tokenBucket("asked", 5, SECOND));

    assertThatThrownBy(() -> limiter.check(plan, Request.of("user", "u")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("request: Request[user] (expected: a key of 'ip' for Plan[asked");
    for (long permits : new long[] {0, -1, Long.MIN_VALUE}) {
      assertThatThrownBy(() -> limiter.check(plan, A, permits))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("permits: " + permits + " (expected: >= 1)");
    }
    for (Duration duration : List.of(Duration.ZERO, Duration.ofDays(366))) {
      assertThatThrownBy(() -> limiter.block(plan, A, duration))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("duration: " + duration + " (expected: 1 ms to PT8760H)");
    }
    assertThatThrownBy(() -> limiter.check(plan(Policy.tokenBucket("asked", 6, SECOND)), A))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(expected: as in another plan, Policy[name=asked");
    limiter.close();
    assertThatThrownBy(() -> limiter.check(plan, A)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void plansAreMadeOnceAndKept() {
    RateLimiter limiter = limiter();
    Policy policy = Policy.tokenBucket("made", 1_000_000, SECOND);

    assertThatThrownBy(
            () -> {
              for (int i = 0; i <= 1_000; i++) {
                limiter.peek(plan(policy), A);
              }
            })
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("plans: more than 1000 (expected: plans that are made once and kept)");
  }

  @Test
  void tellsTheWorstOffenders() {
    RateLimiter limiter = limiter(builder().config(RateLimiterConfig.defaults()));
    Plan plan = plan(Policy.tokenBucket("offended", 1, Duration.ofHours(1)));
    for (int i = 1; i <= 5; i++) {
      for (int j = 0; j <= i; j++) {
        limiter.check(plan, ip("key-" + i));
      }
    }

    assertThat(limiter.topRefused())
        .startsWith(
            new RefusedKey("offended", "key-5", 5, 0), new RefusedKey("offended", "key-4", 4, 0))
        .hasSize(5);
    assertThat(limiter.toString()).doesNotContain("key-5");
  }

  @Test
  void anHourlyQuotaHoldsWhereTheClockIsSetBackByHalfAnHour() {
    RateLimiter limiter = limiter();
    Plan howe =
        plan(Policy.calendarQuota("howe", 3, ChronoUnit.HOURS, ZoneId.of("Australia/Lord_Howe")));
    Plan chatham =
        plan(Policy.calendarQuota("chatham", 3, ChronoUnit.HOURS, ZoneId.of("Pacific/Chatham")));
    clock.advance(Duration.between(clock.instant(), Instant.parse("2047-04-06T13:05:00Z")));
    for (int i = 0; i < 12; i++) {
      for (Plan plan : List.of(howe, chatham)) {
        int admitted = 0;
        for (int request = 0; request < 10; request++) {
          admitted += limiter.check(plan, ip(clock.instant().toString())).allowed() ? 1 : 0;
        }
        assertThat(admitted).as("%s at %s", plan.name(), clock.instant()).isEqualTo(3);
      }
      clock.advance(Duration.ofMinutes(15));
    }
  }

  @Test
  void aQuotaBeginsOnItsAnchorsDay() {
    RateLimiter limiter = limiter();
    LocalDateTime billing = LocalDateTime.of(2026, 1, 20, 0, 0);
    Plan plan = plan(Policy.calendarQuota("month", 1, ChronoUnit.MONTHS, ZoneOffset.UTC, billing));
    clock.advance(Duration.between(clock.instant(), Instant.parse("2047-06-05T00:00:00Z")));

    admits(limiter, plan, 1);

    honours(limiter, plan, limiter.check(plan, A), Duration.ofDays(15));
  }

  @Test
  void aPlanWithoutPoliciesIsRefused() {
    RateLimiter limiter = limiter();
    assertThatThrownBy(() -> limiter.check(Plan.of("empty"), A))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("plan: 'empty' has no policies (expected: at least one");
  }

  @Test
  void theLongestTimeoutsAreWaitedForOrRefused() throws InterruptedException {
    RateLimiter limiter = limiter();
    Plan plan = plan(Policy.tokenBucket("longest", 1, SECOND));
    Duration forever = ChronoUnit.FOREVER.getDuration();
    assertThat(limiter.await(plan, A, forever).allowed()).isTrue();
    assertThat(limiter.await(plan, A, forever).allowed()).as("after a second").isTrue();
    assertThatThrownBy(() -> limiter.block(plan, A, forever))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void keysWithHalfASurrogatePairDiffer() {
    RateLimiter limiter = limiter();
    Plan plan = plan(Policy.tokenBucket("torn", 1, SECOND));
    for (String key : List.of("party \uD83C", "party \uD83D", "party ?")) {
      assertThat(limiter.check(plan, ip(key)).allowed()).isTrue();
    }
  }

  private static List<Policy> spent(String prefix) {
    return List.of(
        Policy.tokenBucket(prefix + "-bucket", 10, Duration.ofSeconds(10)),
        Policy.slidingWindow(prefix + "-log", 10, Duration.ofSeconds(10)),
        Policy.slidingWindow(prefix + "-segments", 200, Duration.ofSeconds(10)),
        Policy.fixedWindow(prefix + "-fixed", 10, Duration.ofSeconds(10)),
        Policy.calendarQuota(prefix + "-day", 10, ChronoUnit.DAYS, ZoneOffset.UTC));
  }

  @Test
  void aPartOfAnAdmissionIsTakenBack() {
    RateLimiter limiter = limiter();
    for (Policy policy : spent("part")) {
      Plan plan = plan(policy.withCost(2));
      Decision charged = limiter.check(plan, A, 4);
      long before = only(charged).remaining();

      assertThat(limiter.refund(charged, 1)).isTrue();
      assertThat(only(limiter.peek(plan, A)).remaining()).as(policy.name()).isEqualTo(before + 2);
      assertThat(limiter.refund(charged, 4)).as("more than is left").isFalse();
      assertThat(limiter.refund(charged, 2)).isTrue();
      assertThat(limiter.refund(charged)).as("the rest").isTrue();
      assertThat(limiter.refund(charged)).as("nothing is left").isFalse();
      assertThat(only(limiter.peek(plan, A)).remaining()).isEqualTo(before + 8);
    }
  }

  @Test
  void aPartIsRefundedWhollyWhileTheRestOfTheChargeReturns() {
    RateLimiter limiter = limiter();
    Plan plan = plan(Policy.tokenBucket("late-part", 10, Duration.ofSeconds(10)));
    Decision charged = limiter.check(plan, A, 8);
    clock.advance(Duration.ofSeconds(3)); // three have returned, of the five that stay spent

    limiter.refund(charged, 3);
    assertThat(only(limiter.peek(plan, A)).resetAfter())
        .as("as if five had been charged")
        .isEqualTo(Duration.ofSeconds(2));
    clock.advance(SECOND);
    limiter.refund(charged, 5);
    assertThat(only(limiter.peek(plan, A)).resetAfter()).isZero();
  }

  @Test
  void permitsThatAreHeldStayHeldWhileAPartIsRefunded() {
    RateLimiter limiter = limiter();
    Plan plan = plan(Policy.concurrency("part-held", 10, Duration.ofSeconds(10)));
    Decision held = limiter.check(plan, A, 6);

    assertThat(limiter.refund(held, 4)).isTrue();
    assertThat(only(limiter.peek(plan, A)).remaining()).isEqualTo(4);
    assertThat(limiter.refund(held)).isTrue();
    assertThat(only(limiter.peek(plan, A)).remaining()).isEqualTo(10);
  }

  @Test
  void whatARequestCostBeyondItsPermitsIsOwed() {
    RateLimiter limiter = limiter();
    Plan plan = plan(Policy.tokenBucket("owes", 200, Duration.ofSeconds(200)));
    Decision reserved = limiter.check(plan, A, 100);
    assertThat(reserved.allowed()).isTrue();

    assertThat(limiter.charge(plan, A, 150)).isTrue();

    Decision refusal = limiter.check(plan, A);
    assertThat(only(refusal).remaining()).isZero();
    assertThat(only(refusal).resetAfter()).isEqualTo(Duration.ofSeconds(250));
    honours(limiter, plan, refusal, Duration.ofSeconds(51));
    assertThat(limiter.charge(plan, A, 1_000)).as("more than it ever holds").isTrue();
    honours(limiter, plan, limiter.check(plan, A), Duration.ofSeconds(1_000));
  }

  @Test
  void aChargeBeyondFillsAWindow() {
    RateLimiter limiter = limiter();
    for (Policy policy : spent("beyond")) {
      if (policy.limit() instanceof Limit.TokenBucket) {
        continue;
      }
      Plan plan = plan(policy);
      assertThat(limiter.check(plan, A, 4).allowed()).isTrue();
      for (long permits : new long[] {7, 1_000, Long.MAX_VALUE}) {
        assertThat(limiter.charge(plan, A, permits)).as(policy.name()).isTrue();
        clock.advance(MICRO);
      }
      Decision refusal = limiter.check(plan, A);
      assertThat(only(refusal).remaining()).as(policy.name()).isZero();
      assertThat(refusal.allowed()).as(policy.name()).isFalse();
      honours(limiter, plan, refusal, refusal.retryAfter());
      assertThat(limiter.check(plan, A).allowed()).as(policy.name()).isTrue();
    }
  }

  @Test
  void aChargeThatIsThereIsAnOrdinaryOne() {
    RateLimiter limiter = limiter();
    for (Policy policy : spent("there")) {
      Plan plan = plan(policy);
      long before = only(limiter.peek(plan, A)).remaining();
      assertThat(limiter.charge(plan, A, 3)).isTrue();
      assertThat(only(limiter.peek(plan, A)).remaining()).as(policy.name()).isEqualTo(before - 3);
    }
  }

  @Test
  void aDebtOfAnySizeEnds() {
    RateLimiter limiter = limiter();
    for (Policy policy :
        List.of(
            Policy.tokenBucket("debt-slow", 1, Duration.ofDays(3_660), 1),
            Policy.tokenBucket("debt-fast", 1_000_000_000, SECOND))) {
      Plan plan = plan(policy);
      for (int i = 0; i < 3; i++) {
        assertThat(limiter.charge(plan, A, Long.MAX_VALUE)).isTrue();
      }
      Duration wait = limiter.check(plan, A).retryAfter();
      assertThat(wait).isBetween(Duration.ofDays(1), Duration.ofDays(2 * 3_660));
    }
  }

  @Test
  void aChargeIsMadeToAllPoliciesAndHoldsNoPermits() {
    RateLimiter limiter = limiter();
    Policy blocked = Policy.tokenBucket("charged-blocked", 10, Duration.ofHours(1));
    Policy held = Policy.concurrency("charged-held", 3, Duration.ofHours(1));
    Plan plan = Plan.of("all").with(blocked, "ip").with(held, "ip");
    limiter.block(plan(blocked), A, SECOND);

    assertThat(limiter.charge(plan, A, 4)).isTrue();

    clock.advance(SECOND);
    assertThat(limiter.peek(plan, A).limits())
        .extracting(LimitStatus::remaining)
        .containsExactly(6L, 3L);
    assertThatThrownBy(() -> limiter.charge(plan, A, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> limiter.charge(plan, Request.of(), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a key of 'ip'");
  }

  @Test
  void heldPermitsThatAreRenewedAreHeldAnew() {
    RateLimiter limiter = limiter();
    Plan plan = plan(Policy.concurrency("renewed", 2, Duration.ofSeconds(30)));
    Decision lasting = limiter.check(plan, A);
    Decision died = limiter.check(plan, A);
    for (int i = 0; i < 10; i++) {
      clock.advance(Duration.ofSeconds(20));
      assertThat(limiter.renew(lasting)).as("time %s", i).isTrue();
    }
    assertThat(limiter.renew(died)).as("its hold ended").isFalse();

    Decision other = limiter.check(plan, A);
    assertThat(other.allowed()).as("what the other one held is free").isTrue();
    honours(limiter, plan, limiter.check(plan, A), Duration.ofSeconds(30));
    assertThat(limiter.renew(lasting)).isFalse();
    assertThat(limiter.release(lasting)).as("late, and no harm").isTrue();
    assertThat(limiter.renew(lasting)).as("after its release").isFalse();
  }

  @Test
  void renewedPermitsAreReleased() {
    RateLimiter limiter = limiter();
    Policy spentToo = Policy.tokenBucket("renewed-bucket", 10, Duration.ofHours(1));
    Plan plan =
        plan(Policy.concurrency("renewed-held", 3, Duration.ofSeconds(30))).with(spentToo, "ip");
    Decision held = limiter.check(plan, A, 2);
    clock.advance(Duration.ofSeconds(10));

    assertThat(limiter.renew(held)).isTrue();
    assertThat(limiter.release(held)).isTrue();

    assertThat(limiter.peek(plan, A).limits())
        .extracting(LimitStatus::remaining)
        .containsExactly(3L, 8L);
    Plan without = plan(spentToo);
    assertThat(limiter.renew(limiter.check(without, A))).as("which holds nothing").isTrue();
    assertThat(limiter.renew(limiter.check(without, A, 10))).as("a refusal").isFalse();
  }

  @Test
  void whatAShadowRefusedIsNeitherHeldNorRenewed() {
    RateLimiter limiter = limiter();
    Policy trial = Policy.concurrency("renewed-trial", 1, Duration.ofSeconds(30)).asShadow();
    Plan plan =
        plan(Policy.concurrency("renewed-real", 3, Duration.ofSeconds(30))).with(trial, "ip");
    Decision first = limiter.check(plan, A);
    Decision beyondTheTrial = limiter.check(plan, A);
    assertThat(beyondTheTrial.allowed()).isTrue();
    for (int i = 0; i < 4; i++) {
      clock.advance(Duration.ofSeconds(20));
      assertThat(limiter.renew(first)).isTrue();
      assertThat(limiter.renew(beyondTheTrial)).isTrue();
    }
    assertThat(only(limiter.peek(plan(plan.parts().get(0).policy()), A)).remaining()).isEqualTo(1);
    assertThat(limiter.release(beyondTheTrial)).isTrue();
    assertThat(limiter.renew(beyondTheTrial)).isFalse();
    Plan alone = Plan.of("trial").with(trial, "ip");
    assertThat(limiter.renew(limiter.check(alone, A))).as("which holds nothing").isTrue();
  }

  @Test
  void aPlanWithNothingToChargeIsCharged() {
    RateLimiter limiter = limiter();
    Plan held = plan(Policy.concurrency("charged-nothing", 2, Duration.ofSeconds(30)));
    Plan optional =
        Plan.of("charged-optional")
            .withIfPresent(Policy.tokenBucket("charged-user", 2, SECOND), "user");
    assertThat(limiter.charge(held, A, 5)).isTrue();
    assertThat(limiter.charge(optional, A, 5)).isTrue();
    admits(limiter, held, 2);
  }

  @Test
  void theLastRefundReleasesWhatIsHeld() {
    RateLimiter limiter = limiter();
    Policy bucket = Policy.tokenBucket("parts-bucket", 10, Duration.ofHours(1));
    Plan plan = plan(Policy.concurrency("parts-held", 4, Duration.ofHours(1))).with(bucket, "ip");
    Decision held = limiter.check(plan, A, 4);
    assertThat(limiter.refund(held, 4)).isTrue();
    assertThat(limiter.check(plan, A).allowed()).as("all are held").isFalse();
    assertThat(limiter.refund(held)).isTrue();
    assertThat(limiter.refund(held)).as("once").isFalse();
    assertThat(limiter.check(plan, A, 4).allowed()).isTrue();
  }

  @Test
  void afterCloseNothingIsGivenBackAndNothingThrown() {
    RateLimiter limiter = limiter();
    Plan plan = plan(Policy.concurrency("closed-held", 4, Duration.ofHours(1)));
    Decision held = limiter.check(plan, A);
    limiter.close();
    assertThat(limiter.release(held)).isFalse();
    assertThat(limiter.refund(held)).isFalse();
    assertThat(limiter.refund(held, 1)).isFalse();
  }

  @Test
  void eachCustomerHasItsLimit() {
    Map<String, Integer> contracts = new ConcurrentHashMap<>(Map.of("192.0.2.1", 3));
    AtomicInteger lookups = new AtomicInteger();
    RateLimiter limiter =
        limiter(
            builder()
                .limits(
                    "customer",
                    key -> {
                      lookups.incrementAndGet();
                      return Optional.ofNullable(contracts.get(key))
                          .map(permits -> new Limit.SlidingWindow(permits, Duration.ofHours(1)));
                    }));
    Plan plan = plan(Policy.slidingWindow("customer", 1, Duration.ofHours(1)));
    for (int i = 0; i < 5; i++) {
      assertThat(limiter.check(plan, A).allowed()).as("of three, %s", i).isEqualTo(i < 3);
      assertThat(limiter.check(plan, ip("other")).allowed()).as("the policy's").isEqualTo(i < 1);
    }
    assertThat(lookups).hasValue(2);

    contracts.put("192.0.2.1", 5);
    assertThat(limiter.check(plan, A).allowed()).as("not told yet").isFalse();
    limiter.limitChanged("customer", "192.0.2.1");
    for (int i = 0; i < 5; i++) {
      Decision decision = limiter.check(plan, A);
      assertThat(decision.allowed()).as("three are spent, %s", i).isEqualTo(i < 2);
      assertThat(only(decision).limit()).isEqualTo(5);
    }
    contracts.put("192.0.2.1", 2);
    clock.advance(Duration.ofMinutes(1));
    Decision lowered = limiter.check(plan, A);
    assertThat(only(lowered).limit()).as("looked up again after the TTL").isEqualTo(2);
    assertThat(lowered.retryAfter()).isEqualTo(Duration.ofMinutes(59));
    assertThat(limiter.stats().denied()).as("counted by the policy").isEqualTo(4 + 2 + 1 + 3 + 1);
  }

  /** Alternating limits of any kind, as when a contract changes and changes back. */
  @Test
  void aLimitThatChangesNeverOpens() {
    Duration hour = Duration.ofHours(1);
    List<Limit> kinds =
        List.of(
            new Limit.TokenBucket(10, hour, 10),
            new Limit.TokenBucket(10, hour, 20),
            new Limit.TokenBucket(20, hour, 20),
            new Limit.SlidingWindow(10, hour),
            new Limit.SlidingWindow(30, hour),
            new Limit.SlidingWindow(150, hour),
            new Limit.SlidingWindow(200, hour),
            new Limit.FixedWindow(20, hour),
            new Limit.CalendarQuota(30, ChronoUnit.DAYS, ZoneOffset.UTC),
            new Limit.Concurrency(15, hour),
            new Limit.Concurrency(25, hour));
    AtomicReference<Limit> now = new AtomicReference<>(kinds.get(0));
    RateLimiter limiter = limiter(builder().limits("changes", key -> Optional.of(now.get())));
    Plan plan = plan(Policy.of("changes", kinds.get(0)));
    for (Limit one : kinds) {
      for (Limit other : kinds) {
        String key = kinds.indexOf(one) + "-" + kinds.indexOf(other);
        int admitted = 0;
        for (int i = 0; i < 450; i++) {
          now.set(i % 3 == 0 ? one : other);
          limiter.limitChanged("changes", key);
          admitted += limiter.check(plan, ip(key)).allowed() ? 1 : 0;
        }
        assertThat((long) admitted)
            .as("%s -> %s", one, other)
            .isBetween(
                Math.min(one.capacity(), other.capacity()),
                Math.max(one.capacity(), other.capacity()));
      }
    }
  }

  @Test
  void aLookupThatFailsLeavesTheLimitAsItIs() {
    AtomicReference<RuntimeException> failure = new AtomicReference<>();
    RateLimiter limiter =
        limiter(
            builder()
                .limits(
                    "fails",
                    key -> {
                      if (failure.get() != null) {
                        throw failure.get();
                      }
                      return Optional.of(new Limit.TokenBucket(3, Duration.ofHours(1), 3));
                    }));
    Plan plan = plan(Policy.tokenBucket("fails", 1, Duration.ofHours(1)));
    admits(limiter, plan, 1);
    failure.set(new IllegalStateException("the database is down"));
    clock.advance(Duration.ofMinutes(2));
    assertThat(only(limiter.check(plan, A)).limit()).as("as before").isEqualTo(3);
    assertThat(only(limiter.check(plan, ip("new"))).limit()).as("the policy's").isEqualTo(1);
    failure.set(null);
    clock.advance(SECOND);
    assertThat(only(limiter.check(plan, ip("new"))).limit()).as("asked again").isEqualTo(3);
  }

  @Test
  void refusesLimitsThatAPolicyCannotHave() {
    RateLimiter.Builder builder =
        builder()
            .limits("costly", key -> Optional.of(new Limit.TokenBucket(2, SECOND, 2)))
            .limits("leased", key -> Optional.empty());
    assertThatThrownBy(() -> builder.limits("costly", key -> Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("policy: 'costly' (expected: a policy whose limits are not looked up yet)");
    RateLimiter limiter = limiter(builder);
    Plan costly = plan(Policy.tokenBucket("costly", 10, SECOND).withCost(5));
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> limiter.check(costly, A))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("cost: 5 (expected: 1 to the capacity 2)");
    }
    Plan leased = plan(Policy.tokenBucket("leased", 10_000, SECOND).leased(SECOND));
    assertThatThrownBy(() -> limiter.check(leased, A))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("(expected: no lease where keys have limits of their own)");
    assertThatThrownBy(() -> limiter.limitChanged("other", "key"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("policy: 'other' (expected: one of Builder.limits, ");
  }

  @Test
  void aBoundPlanDecidesAsThePlanDoes() {
    RateLimiter limiter = limiter();
    Plan plan =
        Plan.of("bound")
            .with(Policy.tokenBucket("bound", 10, SECOND, 4), "ip")
            .withIfPresent(Policy.slidingWindow("user", 3, SECOND), "user");
    BoundLimiter bound = limiter.bind(plan, A);

    assertThat(bound.check().allowed()).isTrue();
    assertThat(only(bound.check(2)).remaining()).isEqualTo(1);
    assertThat(limiter.check(plan, A).allowed()).as("the plan and its bound keys are one").isTrue();
    assertThat(bound.peek().allowed()).isFalse();
    Decision refusal = bound.check();
    assertThat(refusal.retryAfter()).isEqualTo(Duration.ofMillis(100));
    assertThat(limiter.refund(refusal)).isFalse();
    clock.advance(Duration.ofMillis(100));
    Decision again = bound.check();
    assertThat(again.allowed()).isTrue();
    assertThat(limiter.refund(again)).isTrue();
    assertThat(bound.check().allowed()).as("what was refunded").isTrue();
    assertThat(bound.check(5)).isInstanceOf(Decision.Denied.class);
    assertThat(bound).hasToString("BoundLimiter[bound, Request[ip]]");
  }

  @Test
  void aBoundPlanGoesOnWhenItsKeyWasResetBlockedOrForgotten() {
    RateLimiter limiter = limiter(builder().config(RateLimiterConfig.builder().maxKeys(2).build()));
    Plan plan = plan(Policy.slidingWindow("w", 2, SECOND));
    BoundLimiter bound = limiter.bind(plan, A);
    for (int i = 0; i < 3; i++) {
      assertThat(bound.check().allowed()).isTrue();
      assertThat(bound.check().allowed()).isTrue();
      assertThat(bound.check().allowed()).isFalse();
      limiter.reset(plan, A);
    }
    limiter.block(plan, A, SECOND);
    assertThat(bound.check().allowed()).isFalse();
    clock.advance(SECOND.multipliedBy(2));
    for (int i = 0; i < 10; i++) { // each new key looks for those that may go
      assertThat(limiter.check(plan, ip("198.51.100." + i)).allowed()).isTrue();
      clock.advance(SECOND.multipliedBy(2));
    }
    assertThat(bound.check().allowed()).isTrue();
    assertThat(limiter.check(plan, A).allowed()).isTrue();
    assertThat(bound.check().allowed()).isFalse();
  }

  @Test
  void aBoundPlanFollowsTheLimitsOfItsKeys() {
    AtomicReference<Optional<Limit>> limit = new AtomicReference<>(Optional.empty());
    RateLimiter limiter = limiter(builder().limits("own", key -> limit.get()));
    Plan plan = plan(Policy.slidingWindow("own", 2, SECOND));
    BoundLimiter bound = limiter.bind(plan, A);
    assertThat(only(bound.check()).limit()).isEqualTo(2);

    limit.set(Optional.of(new Limit.SlidingWindow(5, SECOND)));
    limiter.limitChanged("own", "192.0.2.1");

    assertThat(only(bound.check())).extracting(LimitStatus::remaining).isEqualTo(3L);
  }

  @Test
  void aBoundPlanIsExemptClosedOrRefusedAsThePlanIs() {
    RateLimiter limiter = limiter(builder().bypass(user -> user.getName().equals("probe")));
    Plan plan = plan(Policy.tokenBucket("b", 1, SECOND));
    Principal probe = () -> "probe";
    BoundLimiter exempt = limiter.bind(plan, A.as(probe));
    BoundLimiter bound = limiter.bind(plan, A);

    assertThat(exempt.check()).isInstanceOf(Decision.Bypassed.class);
    assertThatThrownBy(() -> limiter.bind(plan, Request.of("user", "1")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a key of 'ip'");
    assertThatThrownBy(() -> bound.check(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("permits: 0 (expected: >= 1)");
    limiter.close();
    assertThatThrownBy(bound::check)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("closed");
  }

  @Test
  void onePlanOfTwoLimitersCountsInEach() {
    Plan plan = plan(Policy.tokenBucket("twice", 1, SECOND));
    for (int i = 0; i < 3; i++) {
      RateLimiter limiter = RateLimiter.local();
      try (RateLimiter other = RateLimiter.local()) {
        assertThat(limiter.check(plan, A).allowed()).isTrue();
        assertThat(other.check(plan, A).allowed()).isTrue();
        assertThat(limiter.check(plan, A).allowed()).isFalse();
        assertThat(other.check(plan, A).allowed()).isFalse();
      } finally {
        limiter.close();
      }
    }
  }
}
