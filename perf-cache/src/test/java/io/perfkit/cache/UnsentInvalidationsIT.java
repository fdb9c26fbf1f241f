package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.Codec;
import io.perfkit.redis.RedisGuard;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.UnifiedJedis;

/** What is sent again, and for how long. */
@RealRedis
final class UnsentInvalidationsIT {
  private final UnifiedJedis redis;
  private final RedisBackend backend;
  private final RedisLevel<String> level;
  private final AtomicLong millis = new AtomicLong();
  private final UnsentInvalidations unsent;
  private final Address address;

  UnsentInvalidationsIT(TestRedis server) {
    redis = server.client();
    backend =
        new RedisBackend(
            redis,
            server.prefix() + UUID.randomUUID(),
            RedisGuard.builder(redis),
            System::nanoTime);
    level = backend.level("names", Codec.string(), CacheConfig.defaults(), new Fence(64));
    unsent = new UnsentInvalidations(level, millis::get);
    address = level.address("k");
  }

  @AfterEach
  void close() {
    backend.close();
  }

  /** A put that its caller gave up lands in Redis. */
  private void putLands() {
    redis.set(address.redisKey().array(), new byte[] {1});
  }

  private boolean stands() {
    return redis.exists(address.redisKey().array());
  }

  @Test
  void anInvalidationIsSentOnce() {
    unsent.keep(address);
    putLands();
    unsent.send();
    assertThat(stands()).isFalse();
    assertThat(unsent.size()).isZero();
    assertThat(unsent.blocks(address)).isFalse();
  }

  @Test
  void oneThatFollowsAGivenUpPutIsSentUntilThatCanLandNoMore() {
    unsent.keepUntil(address, 1_000);
    unsent.send();
    putLands(); // after the invalidation
    millis.set(999);
    unsent.send();
    assertThat(stands()).as("ended all the same").isFalse();
    assertThat(unsent.blocks(address)).as("and not read before").isTrue();

    millis.set(1_000);
    unsent.send();
    assertThat(unsent.size()).isZero();
  }

  @Test
  void aLaterInvalidationOfTheKeyDoesNotShortenThat() {
    unsent.keepUntil(address, 1_000);
    unsent.keep(address);
    unsent.send();
    putLands();
    unsent.send();
    assertThat(stands()).isFalse();
  }

  @Test
  void aClearInPlaceOfTooManyKeysLastsAsLongAsTheLongest() {
    unsent.keepUntil(address, 1_000);
    for (int i = 0; i < UnsentInvalidations.MAX_KEYS; i++) {
      unsent.keep(level.address("k" + i));
    }
    assertThat(unsent.size()).isEqualTo(1);
    unsent.send();
    assertThat(unsent.blocks(address)).isTrue();
    millis.set(1_000);
    unsent.send();
    assertThat(unsent.size()).isZero();
  }
}
