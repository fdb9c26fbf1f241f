package io.perfkit.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.FakeClock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class DenialCacheTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final FakeClock clock = FakeClock.startingAt(Instant.EPOCH);
  private final HeavyHitters heavyHitters = new HeavyHitters(10);
  private final DenialCache denials =
      new DenialCache(
          RateLimiterConfig.builder().maxDenials(2).denialTtl(Duration.ofMillis(500)).build(),
          heavyHitters,
          clock.nanos());
  private final Rule rule = new Rule(Policy.tokenBucket("p", 10, SECOND), 0);

  private CheckResult refusal(String key, long permits, long waitMicros) {
    long[] numbers = new long[CheckResult.WIDTH];
    numbers[CheckResult.CODE] = CheckResult.SPENT;
    numbers[CheckResult.WAIT] = waitMicros;
    return CheckResult.of(
        new CheckRequest(new Rule[] {rule}, new String[] {key}, permits), numbers);
  }

  private void remember(String key, long permits, long waitMicros) {
    denials.remember(
        refusal(key, permits, waitMicros), 0, clock.nanos().getAsLong(), denials.epoch());
  }

  @Test
  void repeatsARefusalForItsWaitAndNotAMicrosecondLonger() { // D1
    remember("k", 1, 100_000);

    clock.advance(Duration.ofNanos(99_999_999));
    assertThat(denials.find(rule, "k", 1)).isNotNull();
    clock.advance(Duration.ofNanos(1));
    assertThat(denials.find(rule, "k", 1)).isNull();
  }

  @Test
  void repeatsItForTheMemoryAtMost() {
    remember("k", 1, 3_600_000_000L);

    clock.advance(Duration.ofMillis(499));
    assertThat(denials.find(rule, "k", 1)).isNotNull();
    clock.advance(Duration.ofMillis(1));
    assertThat(denials.find(rule, "k", 1)).isNull();
  }

  @Test
  void repeatsItForTheSameRuleKeyAndCostOnly() { // D1
    remember("k", 3, 100_000);

    assertThat(denials.find(rule, "k", 3)).isNotNull();
    assertThat(denials.find(rule, "k", 2)).as("might be admitted").isNull();
    assertThat(denials.find(rule, "k", 4)).as("has to wait longer").isNull();
    assertThat(denials.find(rule, "other", 3)).isNull();
    assertThat(denials.find(new Rule(rule.policy(), 0), "k", 3)).isNull();
  }

  @Test
  void whatAChangeOvertookIsNotRemembered() { // D2
    int before = denials.epoch();
    denials.forget(refusal("other", 1, 1).check());
    denials.remember(refusal("k", 1, 100_000), 0, clock.nanos().getAsLong(), before);
    assertThat(denials.find(rule, "k", 1)).isNull();

    remember("k", 1, 100_000);
    denials.forget(refusal("k", 1, 1).check());
    assertThat(denials.find(rule, "k", 1)).isNull();
  }

  @Test
  void aChangeUnderAnotherLimitOfTheKeyEndsARefusalToo() { // D2
    remember("k", 1, 100_000);
    Rule other = rule.with(new Limit.TokenBucket(20, SECOND, 20));
    denials.forget(new CheckRequest(new Rule[] {other}, new String[] {"k"}, 1));
    assertThat(denials.find(rule, "k", 1)).isNull();
  }

  @Test
  void holdsNoMoreThanItsPlacesAndTellsWhatItRepeated() {
    for (int i = 0; i < 100; i++) {
      remember("k" + i, 1, 100_000);
      denials.find(rule, "k" + i, 1);
    }
    int known = 0;
    for (int i = 0; i < 100; i++) {
      known += denials.find(rule, "k" + i, 1) == null ? 0 : 1;
    }
    assertThat(known).isBetween(1, 2);
    denials.flush();

    assertThat(heavyHitters.list()).isNotEmpty();
    assertThat(rule.deniedFromCache.sum()).isEqualTo(100 + known);
  }

  @Test
  void everyKeyWithMoreThanItsPartIsAmongTheOffenders() {
    for (int i = 0; i < 10_000; i++) {
      heavyHitters.add(rule, i % 4 == 0 ? "heavy" : "light-" + i, 1);
    }

    assertThat(heavyHitters.list()).hasSize(10);
    RefusedKey worst = heavyHitters.list().get(0);
    assertThat(worst.key()).isEqualTo("heavy");
    assertThat(worst.refusals()).isGreaterThanOrEqualTo(2_500);
    assertThat(worst.refusals() - worst.error()).isLessThanOrEqualTo(2_500);
  }
}
