package io.perfkit.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.ratelimit.Envelope.Admission;
import io.perfkit.testing.FakeClock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** What counting in process keeps to for any sequence of requests and refunds. */
final class LimitPropertiesTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Request A = Request.of("ip", "a");

  /** One limit, one key, a clock of its own; remembers what was admitted and not refunded. */
  private static final class Run {
    final FakeClock clock = FakeClock.startingAt(Instant.EPOCH);
    final Limit limit;
    final Plan plan;
    final RateLimiter limiter;
    final Map<Decision, Admission> admitted = new LinkedHashMap<>();

    Run(Limit limit) {
      this.limit = limit;
      plan = Plan.of("p").with(Policy.of("p", limit), "ip");
      limiter =
          RateLimiter.localBuilder()
              .clocks(clock.nanos(), clock, nanos -> clock.advance(Duration.ofNanos(nanos)))
              .build();
    }

    long now() {
      return ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant());
    }

    /** Time passes, then something is asked, and now and then an older admission is refunded. */
    void step(int step) {
      clock.advance(Duration.of(step / 40 % 300_000, ChronoUnit.MICROS));
      long cost = 1L + step % 4;
      Decision decision = limiter.check(plan, A, Math.min(cost, limit.capacity()));
      if (decision.allowed()) {
        admitted.put(decision, new Admission(now(), Math.min(cost, limit.capacity())));
      }
    }

    List<Admission> admissions() {
      return new ArrayList<>(admitted.values());
    }
  }

  @Property(tries = 300)
  void aBucketKeepsItsBound(
      @ForAll @IntRange(min = 1, max = 40) int permits,
      @ForAll @IntRange(min = 1, max = 12) int burst,
      @ForAll @Size(min = 1, max = 80) List<@IntRange(min = 0, max = 11_999_999) Integer> steps) {
    Limit.TokenBucket limit = new Limit.TokenBucket(permits, SECOND, burst);
    Run run = new Run(limit);
    steps.forEach(run::step);

    Envelope.check(limit, run.admissions());
  }

  @Property(tries = 300)
  void aBucketKeepsItsBoundForWhatIsNotRefunded(
      @ForAll @IntRange(min = 1, max = 40) int permits,
      @ForAll @IntRange(min = 1, max = 12) int burst,
      @ForAll @Size(min = 1, max = 80) List<@IntRange(min = 0, max = 11_999_999) Integer> steps) {
    Run run = new Run(new Limit.TokenBucket(permits, SECOND, burst));
    Map<Decision, Admission> charged = new LinkedHashMap<>(); // in millionths of a permit
    for (int step : steps) {
      run.step(step);
      run.admitted.forEach(
          (decision, admission) ->
              charged.putIfAbsent(
                  decision, new Admission(admission.time(), admission.cost() * 1_000_000)));
      if (step % 3 == 0 && !charged.isEmpty()) {
        Decision refunded = List.copyOf(charged.keySet()).get(step % charged.size());
        if (run.limiter.refund(refunded)) {
          charged.computeIfPresent(refunded, (any, admission) -> whatReturned(run, admission));
        }
      }
    }

    Limit.TokenBucket inMillionths =
        new Limit.TokenBucket(permits, Duration.of(1, ChronoUnit.MICROS), burst * 1_000_000L);
    Envelope.check(inMillionths, new ArrayList<>(charged.values()));
  }

  /** What is not given back, since it had returned by itself. */
  private static Admission whatReturned(Run run, Admission admission) {
    long permits = run.limit.permits();
    long returned = Math.min(admission.cost(), (run.now() - admission.time()) * permits);
    return new Admission(admission.time(), returned);
  }

  @Property(tries = 300)
  void aLoggedWindowDecidesAsTheOracle(
      @ForAll @IntRange(min = 1, max = 30) int permits,
      @ForAll @Size(min = 1, max = 80) List<@IntRange(min = 0, max = 11_999_999) Integer> steps) {
    Limit.SlidingWindow limit = new Limit.SlidingWindow(permits, SECOND);
    Envelope.check(limit, asTheOracle(limit, steps));
  }

  @Property(tries = 300)
  void aSegmentedWindowDecidesAsTheOracle(
      @ForAll @IntRange(min = 129, max = 200) int permits,
      @ForAll @Size(min = 1, max = 80) List<@IntRange(min = 0, max = 11_999_999) Integer> steps) {
    Limit.SlidingWindow limit = new Limit.SlidingWindow(permits, SECOND);
    Envelope.check(limit, asTheOracle(limit, steps));
  }

  @Property(tries = 100)
  void aFixedWindowDecidesAsTheOracle(
      @ForAll @IntRange(min = 1, max = 30) int permits,
      @ForAll @Size(min = 1, max = 80) List<@IntRange(min = 0, max = 11_999_999) Integer> steps) {
    assertThat(asTheOracle(new Limit.FixedWindow(permits, SECOND), steps)).isNotEmpty();
  }

  private static List<Admission> asTheOracle(Limit limit, List<Integer> steps) {
    Run run = new Run(limit);
    Oracle oracle = Oracle.of(limit);
    for (int step : steps) {
      run.clock.advance(Duration.of(step / 40 % 300_000, ChronoUnit.MICROS));
      long cost = 1 + step % Math.min(40L, limit.capacity());
      Oracle.Answer expected = oracle.look(run.now(), cost);
      LimitStatus before = run.limiter.peek(run.plan, A).limits().get(0);
      Decision decision = run.limiter.check(run.plan, A, cost);
      assertThat(before.remaining()).isEqualTo(expected.remaining());
      assertThat(before.resetAfter()).isEqualTo(Duration.of(expected.reset(), ChronoUnit.MICROS));
      assertThat(decision.retryAfter()).isEqualTo(Duration.of(expected.retry(), ChronoUnit.MICROS));
      if (decision.allowed()) {
        oracle.take(run.now(), cost);
        run.admitted.put(decision, new Admission(run.now(), cost));
      }
    }
    return run.admissions();
  }
}
