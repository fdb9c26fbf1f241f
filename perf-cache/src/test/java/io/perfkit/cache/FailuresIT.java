package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.Codec;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.UnifiedJedis;

/** Loads that fail and are remembered, so that a storm does not reach the loader. Two nodes. */
@RealRedis
final class FailuresIT {
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final CacheConfig CONFIG =
      CacheConfig.builder()
          .l1Ttl(MINUTE)
          .l2Ttl(MINUTE)
          .failureTtl(MINUTE, IllegalStateException.class)
          .build();

  private final UnifiedJedis redis;
  private final String prefix;
  private final Caches cachesA;
  private final Caches cachesB;
  private final Cache<String, String> a;
  private final Cache<String, String> b;
  private final IllegalStateException failure = new IllegalStateException("secret of a user");

  FailuresIT(TestRedis server) {
    redis = server.client();
    prefix = server.prefix() + UUID.randomUUID();
    cachesA = NodesContract.patient(server.newClient(), prefix);
    cachesB = NodesContract.patient(server.newClient(), prefix);
    a = cachesA.cache("names", String.class, Codec.string(), CONFIG);
    b = cachesB.cache("names", String.class, Codec.string(), CONFIG);
  }

  @BeforeEach
  void hearOthers() {
    Await.until("subscribed", DEADLINE, () -> cachesA.subscribed() && cachesB.subscribed());
  }

  @AfterEach
  void close() {
    cachesA.close();
    cachesB.close();
  }

  private String fail(String key) {
    throw failure;
  }

  private static String never(String key) {
    throw new AssertionError("the loader of " + key + " was not to run");
  }

  @Test
  void aFailureIsRememberedOnAllNodesAndItsCauseOnTheOneThatSawIt() {
    assertThatThrownBy(() -> a.get("k", this::fail)).isSameAs(failure);
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> a.get("k", FailuresIT::never))
          .isInstanceOf(RememberedFailure.class)
          .hasMessageMatching(
              "loading key 'k' of cache 'names' failed with java.lang.IllegalStateException, which"
                  + " is remembered for \\d+ ms more")
          .hasCause(failure);
      assertThatThrownBy(() -> b.get("k", FailuresIT::never))
          .isInstanceOf(RememberedFailure.class)
          .hasMessageStartingWith(
              "loading key 'k' of cache 'names' failed with java.lang.IllegalStateException,")
          .hasNoCause();
    }
    assertThatThrownBy(() -> a.get("k", FailuresIT::never, ReadPolicy.VERIFY))
        .isInstanceOf(RememberedFailure.class)
        .hasCause(failure);
    assertThat(a.getIfPresent("k")).isNull();
    assertThat(a.stats().loadFailures()).isEqualTo(1);
    assertThat(a.stats().failuresRemembered()).isEqualTo(4);
    assertThat(redis.get(CacheIT.redisKeyOf(prefix, "names", "k"))).doesNotContain("secret");
  }

  @Test
  void otherKindsAreNotRemembered() {
    assertThatThrownBy(
            () ->
                a.get(
                    "k",
                    key -> {
                      throw new IllegalArgumentException();
                    }))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(a.get("k", key -> "v")).isEqualTo("v");
  }

  @Test
  void anInvalidationAPutATagOrAClearEndsIt() {
    List<Consumer<Cache<String, String>>> ends =
        List.of(
            cache -> cache.invalidate("k"),
            Cache::clear,
            cache -> {
              cache.put("k", "v");
              cache.invalidate("k");
            });
    for (Consumer<Cache<String, String>> end : ends) {
      assertThatThrownBy(() -> a.get("k", this::fail)).isSameAs(failure);
      assertThatThrownBy(() -> b.get("k", FailuresIT::never)).isInstanceOf(RememberedFailure.class);
      end.accept(b);
      assertThat(b.get("k", key -> "new")).isEqualTo("new");
      Await.until("heard", DEADLINE, () -> "new".equals(a.getIfPresent("k")));
      a.invalidate("k");
      Await.until("heard", DEADLINE, () -> b.getIfPresent("k") == null);
    }
  }

  @Test
  void itEndsByItself() {
    Cache<String, String> brief =
        cachesA.cache(
            "brief",
            String.class,
            Codec.string(),
            CONFIG.toBuilder()
                .failureTtl(Duration.ofMillis(300), IllegalStateException.class)
                .build());
    assertThatThrownBy(() -> brief.get("k", this::fail)).isSameAs(failure);
    Await.until(
        "forgotten",
        DEADLINE,
        () -> {
          try {
            return "v".equals(brief.get("k", key -> "v"));
          } catch (RememberedFailure e) {
            return false;
          }
        });
  }

  @Test
  void aFailureThatAnInvalidationOvertakesIsNotRemembered() { // I1
    assertThatThrownBy(
            () ->
                a.get(
                    "k",
                    key -> {
                      b.invalidate(key);
                      throw failure;
                    }))
        .isSameAs(failure);
    assertThat(b.get("k", key -> "new")).isEqualTo("new");
    Await.until("heard", DEADLINE, () -> "new".equals(a.get("k", FailuresIT::never)));
  }

  @Test
  void holdsForManyKeysAndStages() {
    assertThatThrownBy(() -> a.getAll(List.of("x", "y"), keys -> Map.of("x", fail("x"))))
        .isSameAs(failure);
    for (String key : List.of("x", "y")) {
      assertThatThrownBy(() -> b.get(key, FailuresIT::never)).isInstanceOf(RememberedFailure.class);
    }
    assertThatThrownBy(() -> b.getAll(List.of("z", "y"), keys -> Map.of("z", never("z"))))
        .isInstanceOf(RememberedFailure.class);
    assertThat(a.get("z", key -> "z")).as("its lease was given back").isEqualTo("z");

    CompletableFuture<String> later =
        a.findLater("later", key -> CompletableFuture.failedFuture(failure));
    assertThatThrownBy(later::join).isInstanceOf(CompletionException.class).hasCause(failure);
    assertThatThrownBy(() -> b.get("later", FailuresIT::never))
        .isInstanceOf(RememberedFailure.class);
  }

  @Test
  void aFailureThatIsRememberedMeanwhileIsNoStaleValue() {
    CacheConfig config = CONFIG.toBuilder().staleIfError(MINUTE).build();
    Cache<String, String> cache = cachesA.cache("old", String.class, Codec.string(), config);
    Cache<String, String> other = cachesB.cache("old", String.class, Codec.string(), config);
    other.put("k", "old");
    redis.pexpire(CacheIT.redisKeyOf(prefix, "old", "k"), 59_000);
    assertThatThrownBy(
            () ->
                cache.get(
                    "k",
                    key -> {
                      cache.invalidate(key);
                      NodesContract.hearAll(cachesB);
                      assertThatThrownBy(() -> other.get(key, this::fail)).isSameAs(failure);
                      throw failure;
                    }))
        .isSameAs(failure);
  }

  @Test
  void aStaleValueServesRatherThanAFailure() {
    CacheConfig config = CONFIG.toBuilder().staleIfError(MINUTE).build();
    Cache<String, String> cache = cachesA.cache("old", String.class, Codec.string(), config);
    Cache<String, String> other = cachesB.cache("old", String.class, Codec.string(), config);
    cache.put("k", "old");
    redis.pexpire(CacheIT.redisKeyOf(prefix, "old", "k"), 59_000);
    assertThat(other.get("k", this::fail)).isEqualTo("old");
    assertThatThrownBy(() -> other.get("unknown", this::fail)).isSameAs(failure);
    assertThatThrownBy(() -> other.get("unknown", FailuresIT::never))
        .isInstanceOf(RememberedFailure.class);
  }
}
