package io.perfkit.ratelimit.bucket4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.EstimationProbe;
import io.github.bucket4j.TokensInheritanceStrategy;
import io.perfkit.ratelimit.RateLimiter;
import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** Code that was written for bucket4j, on a limiter. */
@RealRedis
final class Bucket4jProxyManagerIT {
  private static final Duration HOUR = Duration.ofHours(1);

  private final RedisClient redis;
  private final String prefix;
  private final Bucket4jProxyManager buckets;

  Bucket4jProxyManagerIT(TestRedis server) {
    redis = server.client();
    prefix = server.prefix() + "b4j" + System.nanoTime();
    buckets = node();
  }

  private Bucket4jProxyManager node() {
    return Bucket4jProxyManager.create(
        RateLimiter.builder(redis, prefix)
            .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5))));
  }

  @AfterEach
  void close() {
    buckets.close();
  }

  private static BucketConfiguration of(long capacity, Duration period) {
    return BucketConfiguration.builder()
        .addLimit(limit -> limit.capacity(capacity).refillGreedy(capacity, period))
        .build();
  }

  private Bucket bucket(String key, long capacity) {
    return buckets.builder().build(key, () -> of(capacity, HOUR));
  }

  @Test
  void consumesWhatIsThereOnAllNodesTogether() {
    try (Bucket4jProxyManager other = node()) {
      Bucket one = bucket("nodes", 10);
      Bucket two = other.builder().build("nodes", () -> of(10, HOUR));
      assertThat(one.tryConsume(4)).isTrue();
      assertThat(two.tryConsume(7)).isFalse();
      ConsumptionProbe probe = two.tryConsumeAndReturnRemaining(5);
      assertThat(probe.isConsumed()).isTrue();
      assertThat(probe.getRemainingTokens()).isEqualTo(1);
      ConsumptionProbe refused = one.tryConsumeAndReturnRemaining(2);
      assertThat(refused.isConsumed()).isFalse();
      assertThat(Duration.ofNanos(refused.getNanosToWaitForRefill()))
          .isBetween(Duration.ofMinutes(5), Duration.ofMinutes(6));
      assertThat(one.tryConsumeAsMuchAsPossible()).isEqualTo(1);
      assertThat(one.tryConsumeAsMuchAsPossible()).isZero();
    }
  }

  @Test
  void severalBandwidthsAreChargedTogetherOrNotAtAll() {
    BucketConfiguration both =
        BucketConfiguration.builder()
            .addLimit(limit -> limit.capacity(100).refillGreedy(100, HOUR))
            .addLimit(limit -> limit.capacity(3).refillGreedy(3, HOUR))
            .build();
    Bucket bucket = buckets.builder().build("both", () -> both);
    assertThat(bucket.tryConsume(3)).isTrue();
    for (int i = 0; i < 5; i++) {
      assertThat(bucket.tryConsume(1)).isFalse();
    }
    bucket.replaceConfiguration(of(100, HOUR), TokensInheritanceStrategy.AS_IS);
    assertThat(bucket.getAvailableTokens()).as("refusals charged nothing").isEqualTo(97);
  }

  @Test
  void estimatesWithoutCharging() {
    Bucket bucket = bucket("estimate", 10);
    bucket.tryConsume(8);
    assertThat(bucket.estimateAbilityToConsume(2).canBeConsumed()).isTrue();
    EstimationProbe later = bucket.estimateAbilityToConsume(5);
    assertThat(later.canBeConsumed()).isFalse();
    assertThat(Duration.ofNanos(later.getNanosToWaitForRefill()))
        .isBetween(Duration.ofMinutes(17), Duration.ofMinutes(18));
    assertThat(bucket.estimateAbilityToConsume(11).getNanosToWaitForRefill())
        .isEqualTo(Long.MAX_VALUE);
    assertThat(bucket.getAvailableTokens()).isEqualTo(2);
  }

  @Test
  void aChargeBeyondIsOwed() {
    Bucket bucket = bucket("owes", 10);
    assertThat(bucket.consumeIgnoringRateLimits(4)).isZero();
    assertThat(Duration.ofNanos(bucket.consumeIgnoringRateLimits(8)))
        .isBetween(Duration.ofMinutes(11), Duration.ofMinutes(12));
    assertThat(bucket.tryConsume(1)).isFalse();
    bucket.reset();
    assertThat(bucket.getAvailableTokens()).isEqualTo(10);
  }

  @Test
  void blockingCallsWaitForTheirTurn() throws InterruptedException {
    Bucket bucket = buckets.builder().build("blocks", () -> of(100, Duration.ofSeconds(1)));
    long start = System.nanoTime();
    for (int i = 0; i < 15; i++) {
      bucket.asBlocking().consume(10);
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isGreaterThanOrEqualTo(Duration.ofMillis(499));
    Bucket slow = bucket("blocks-for-an-hour", 10);
    assertThat(slow.tryConsume(10)).isTrue();
    assertThat(slow.asBlocking().tryConsume(1, Duration.ofMillis(1))).isFalse();
  }

  @Test
  void aConfigurationThatChangesKeepsWhatWasConsumed() {
    Bucket bucket = bucket("grows", 10);
    assertThat(bucket.tryConsume(10)).isTrue();
    bucket.replaceConfiguration(of(15, HOUR), TokensInheritanceStrategy.ADDITIVE);
    assertThat(bucket.tryConsumeAsMuchAsPossible()).isEqualTo(5);
    bucket.replaceConfiguration(of(7, HOUR), TokensInheritanceStrategy.RESET);
    assertThat(bucket.getAvailableTokens()).isEqualTo(7);
  }

  @Test
  void eachProxyOfAKeyHasItsOwnConfiguration() {
    Bucket small = bucket("upgraded", 10);
    assertThat(small.tryConsume(10)).isTrue();
    Bucket large = bucket("upgraded", 100);
    assertThat(large.tryConsume(50)).isTrue();
    assertThat(small.tryConsume(1)).isFalse();
    assertThat(large.tryConsume(40)).isTrue();
    assertThat(large.tryConsume(1)).isFalse();
  }

  @Test
  void refusesWhatItDoesNotDo() {
    for (UnaryOperator<Bandwidth> change :
        List.<UnaryOperator<Bandwidth>>of(
            bandwidth -> Bandwidth.builder().capacity(10).refillIntervally(10, HOUR).build(),
            bandwidth ->
                Bandwidth.builder().capacity(10).refillGreedy(10, HOUR).initialTokens(0).build())) {
      BucketConfiguration odd =
          BucketConfiguration.builder()
              .addLimit(change.apply(of(10, HOUR).getBandwidths()[0]))
              .build();
      assertThatThrownBy(() -> buckets.builder().build("odd", () -> odd))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("(expected: greedy refill, and full at the beginning)");
    }
    Bucket bucket = bucket("plain", 10);
    assertThatThrownBy(() -> bucket.addTokens(1))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageStartingWith("addTokens (expected: ");
    assertThatThrownBy(() -> bucket.asVerbose().tryConsume(1))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(buckets::asAsync).isInstanceOf(UnsupportedOperationException.class);
  }
}
