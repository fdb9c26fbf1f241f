package io.perfkit.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.exceptions.JedisException;

@RealRedis
final class RealRedisIT {
  private final TestRedis redis;

  RealRedisIT(TestRedis redis) {
    this.redis = redis;
  }

  @BeforeEach
  void write(TestRedis sameRedis) {
    sameRedis.client().set(redis.prefix() + "seen", "by all");
  }

  @Test
  void injectsOneRedisForTheWholeClass(TestRedis sameRedis) {
    assertThat(sameRedis).isSameAs(redis);
    assertThat(redis.newClient().get(redis.prefix() + "seen")).isEqualTo("by all");
  }

  @Test
  void namesTheServerAsUriAndAsAddress() {
    try (RedisClient client = RedisClient.create(redis.address())) {
      assertThat(client.get(redis.prefix() + "seen")).isEqualTo("by all");
    }
    assertThat(redis.uri().getPort()).isEqualTo(redis.address().getPort());
  }

  @Test
  void givesEachClassAFreshPlainPrefix() {
    try (TestRedis another = new TestRedis(redis.uri(), RealRedisIT.class)) {
      assertThat(redis.prefix()).matches("test:RealRedisIT_[0-9a-f]{16}:");
      assertThat(another.prefix()).isNotEqualTo(redis.prefix());
    }
  }

  @Test
  void deletesTheKeysThatHoldItsPrefixAndNoOthers() {
    TestRedis ended = new TestRedis(redis.uri(), RealRedisIT.class);
    ended.client().set(ended.prefix() + "plain", "1");
    ended.client().set("perf:{" + ended.prefix() + "users}:v1:entry:7", "2");

    ended.close();

    assertThat(redis.client().keys("*" + ended.prefix() + "*")).isEmpty();
    assertThat(redis.client().get(redis.prefix() + "seen")).isEqualTo("by all");
  }

  @Test
  void leavesAGivenServerRunning() {
    try (RedisProcess given = RedisProcess.start();
        RedisClient client = RedisClient.create(given.address())) {
      client.set("precious", "value");
      String url = "redis://" + given.address();

      try (SharedRedis shared = SharedRedis.open(Map.of(SharedRedis.URL, url))) {
        new TestRedis(shared.uri(), RealRedisIT.class).close();
      }

      assertThat(client.get("precious")).isEqualTo("value");
    }
  }

  @Test
  void failsWithoutItsPasswordWhenTheGivenServerDoesNotAnswer() {
    String url = "redis://:secret@127.0.0.1:" + Ports.free();

    assertThatThrownBy(() -> SharedRedis.open(Map.of(SharedRedis.URL, url)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageMatching(
            "no Redis for tests: the one at PERF_TEST_REDIS_URL \\(127.0.0.1:\\d+\\) does not"
                + " answer")
        .hasCauseInstanceOf(JedisException.class);
  }

  @Test
  void failsWhenTheGivenUrlIsNone() {
    assertThatThrownBy(() -> SharedRedis.open(Map.of(SharedRedis.URL, "not a uri")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("PERF_TEST_REDIS_URL is no URI (expected: redis://host:port)");
  }

  @Nested
  final class InANestedClass {
    @Test
    void injectsTheSameRedis(TestRedis sameRedis) {
      assertThat(sameRedis).isSameAs(redis);
    }
  }
}
