package io.perfkit.ratelimit;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.FakeClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class KeyLimitsTest {
  private static final Duration TTL = Duration.ofMinutes(1);

  private final FakeClock clock = FakeClock.startingAt(Instant.EPOCH);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Rule general = new Rule(Policy.tokenBucket("p", 1, Duration.ofSeconds(1)), 0);

  @AfterEach
  void close() {
    threads.shutdownNow();
  }

  private KeyLimits limits(int max, Function<String, Optional<Limit>> lookup) {
    RateLimiterConfig config = RateLimiterConfig.builder().maxLimits(max).limitTtl(TTL).build();
    return new KeyLimits(general, lookup, config, clock.nanos());
  }

  private static Limit of(long permits) {
    return new Limit.TokenBucket(permits, Duration.ofSeconds(1), permits);
  }

  @Test
  void aLimitThatDidNotChangeIsTheSameRule() {
    KeyLimits limits = limits(10, key -> Optional.of(of(5)));
    Rule first = limits.rule("a");
    clock.advance(TTL);
    assertThat(limits.rule("a")).isSameAs(first);
    assertThat(limits(10, key -> Optional.empty()).rule("a")).isSameAs(general);
  }

  @Test
  void keysThatComeOnceDisplaceNoneThatIsUsed() { // L2
    AtomicInteger lookups = new AtomicInteger();
    KeyLimits limits =
        limits(
            100,
            key -> {
              lookups.addAndGet(key.startsWith("often") ? 1 : 0);
              return Optional.of(of(5));
            });
    for (int i = 0; i < 100_000; i++) {
      Rule unused = limits.rule("once-" + i);
      for (int often = 0; often < 10; often++) {
        limits.rule("often-" + often);
      }
      assertThat(limits.size()).isLessThanOrEqualTo(100);
    }
    assertThat(lookups.get()).isLessThan(1_000);
  }

  @Test
  void oneThreadLooksAnOldLimitUpWhileTheOthersGoOn() throws Exception { // L3
    CountDownLatch slow = new CountDownLatch(1);
    CountDownLatch asked = new CountDownLatch(1);
    AtomicLong permits = new AtomicLong(5);
    KeyLimits limits =
        limits(
            10,
            key -> {
              if (permits.get() == 7) {
                asked.countDown();
                await(slow);
              }
              return Optional.of(of(permits.get()));
            });
    Rule first = limits.rule("a");
    permits.set(7);
    clock.advance(TTL);
    Future<Rule> renewing = threads.submit(() -> limits.rule("a"));
    assertThat(asked.await(20, SECONDS)).isTrue();
    assertThat(limits.rule("a")).isSameAs(first);
    slow.countDown();
    assertThat(renewing.get(20, SECONDS).policy().limit()).isEqualTo(of(7));
    assertThat(limits.rule("a")).isSameAs(renewing.get());
  }

  @Test
  void aLimitThatChangedWhileItWasLookedUpIsNotKept() throws Exception { // L1
    CountDownLatch slow = new CountDownLatch(1);
    CountDownLatch asked = new CountDownLatch(1);
    AtomicLong permits = new AtomicLong(5);
    KeyLimits limits =
        limits(
            10,
            key -> {
              long read = permits.get();
              if (read == 5) {
                asked.countDown();
                await(slow);
              }
              return Optional.of(of(read));
            });
    Future<Rule> old = threads.submit(() -> limits.rule("a"));
    assertThat(asked.await(20, SECONDS)).isTrue();
    permits.set(7);
    limits.changed("a");
    slow.countDown();
    assertThat(old.get(20, SECONDS).policy().limit()).isEqualTo(of(5));
    assertThat(limits.rule("a").policy().limit()).isEqualTo(of(7));
  }

  @Test
  void anErrorIsThrownAndAskedForAgain() {
    AtomicInteger lookups = new AtomicInteger();
    KeyLimits limits =
        limits(
            10,
            key -> {
              if (lookups.incrementAndGet() == 2) {
                throw new StackOverflowError();
              }
              return Optional.of(of(5));
            });
    limits.rule("a");
    clock.advance(TTL);
    assertThatThrownBy(() -> limits.rule("a")).isInstanceOf(StackOverflowError.class);
    assertThat(limits.rule("a").policy().limit()).isEqualTo(of(5));
    assertThat(lookups).hasValue(3);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(20, SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
