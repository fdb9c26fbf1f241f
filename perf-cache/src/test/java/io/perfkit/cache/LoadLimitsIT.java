package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.UnifiedJedis;

/** Loaders that hang: how long their callers wait, and what becomes of what they load at last. */
@RealRedis
final class LoadLimitsIT {
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration SHORT = Duration.ofMillis(200);
  private static final CacheConfig BASE = CacheConfig.builder().l2Ttl(MINUTE).jitter(0).build();
  private static final CacheConfig HARD =
      BASE.toBuilder().loadTimeout(Duration.ZERO, SHORT).build();
  private static final CacheConfig AT_ONCE =
      BASE.toBuilder().loadTimeout(Duration.ZERO, Duration.ofMillis(1)).build();
  private static final CacheConfig SOFT =
      BASE.toBuilder().staleIfError(MINUTE).loadTimeout(SHORT, MINUTE).build();
  private static final CacheConfig HARD_OR_OLD =
      BASE.toBuilder().staleIfError(MINUTE).loadTimeout(Duration.ZERO, SHORT).build();

  private final TestRedis server;
  private final UnifiedJedis redis;
  private final String prefix;
  private final Caches cachesA;
  private final Caches cachesB;
  private final CountDownLatch mayEnd = new CountDownLatch(1);

  LoadLimitsIT(TestRedis server) {
    this.server = server;
    redis = server.client();
    prefix = server.prefix() + UUID.randomUUID();
    cachesA = NodesContract.patient(server.newClient(), prefix);
    cachesB = NodesContract.patient(server.newClient(), prefix);
  }

  @BeforeEach
  void hearOthers() {
    Await.until("subscribed", DEADLINE, () -> cachesA.subscribed() && cachesB.subscribed());
  }

  @AfterEach
  void close() {
    mayEnd.countDown();
    cachesA.close();
    cachesB.close();
  }

  private static Cache<String, String> cache(Caches caches, CacheConfig config) {
    return caches.cache("names", String.class, Codec.string(), config);
  }

  private String hang(String key) {
    SlowLoad.awaitQuietly(mayEnd);
    return "late";
  }

  private static String never(String key) {
    throw new AssertionError("the loader of " + key + " was not to run");
  }

  /** An entry whose life is over and no copy, on nodes that have heard of its put. */
  private void putOld(String key, CacheConfig config, Caches... nodes) {
    try (Caches before = NodesContract.patient(server.newClient(), prefix)) {
      cache(before, config).put(key, "old");
    }
    redis.pexpire(
        CacheIT.redisKeyOf(prefix, "names", key), config.gracePeriod().toMillis() - 1_000);
    NodesContract.hearAll(nodes);
  }

  @Test
  void callersWaitForTheHardLimitAndTheLateLoadIsKept() throws Exception {
    Cache<String, String> a = cache(cachesA, HARD);
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<String> second =
          thread.submit(
              () -> {
                Await.until("the first loads", DEADLINE, () -> redis.exists(leaseKey("k")));
                return a.get("k", LoadLimitsIT::never);
              });
      assertThatThrownBy(() -> a.get("k", this::hang))
          .isInstanceOf(LoadTimedOut.class)
          .isInstanceOf(CacheException.class)
          .hasMessage("loading key 'k' of cache 'names' takes longer than PT0.2S");
      assertThatThrownBy(() -> second.get(10, SECONDS)).hasCauseInstanceOf(LoadTimedOut.class);
    } finally {
      thread.shutdownNow();
    }
    mayEnd.countDown();
    Await.until("kept", DEADLINE, () -> "late".equals(a.getIfPresent("k")));
    assertThat(cache(cachesB, HARD).get("k", LoadLimitsIT::never)).isEqualTo("late");
    assertThat(a.stats().loads()).isEqualTo(1);
  }

  private String leaseKey(String key) {
    return CacheIT.leaseKeyOf(prefix, "names", key);
  }

  @Test
  void whoWaitsForAnotherNodesLoadWaitsForTheHardLimitToo() throws Exception {
    Cache<String, String> a = cache(cachesA, BASE);
    Cache<String, String> b = cache(cachesB, HARD);
    try (SlowLoad slow = SlowLoad.of(a, "k", "slow")) {
      assertThatThrownBy(() -> b.get("k", LoadLimitsIT::never)).isInstanceOf(LoadTimedOut.class);
      assertThat(slow.finish()).isEqualTo("slow");
    }
    assertThat(b.get("k", LoadLimitsIT::never)).isEqualTo("slow");
  }

  @Test
  void aLateLoadThatAnInvalidationOvertookIsNotKept() {
    Cache<String, String> a = cache(cachesA, HARD);
    Cache<String, String> b = cache(cachesB, BASE);
    assertThatThrownBy(() -> a.get("k", this::hang)).isInstanceOf(LoadTimedOut.class);
    b.invalidate("k");
    mayEnd.countDown();
    Await.until("the load has ended", DEADLINE, () -> a.stats().loads() == 1);
    assertThat(b.get("k", key -> "new")).isEqualTo("new");
    Await.until("heard", DEADLINE, () -> "new".equals(a.get("k", LoadLimitsIT::never)));
  }

  @Test
  void afterTheSoftLimitTheStaleValueServesAndTheLoadGoesOn() {
    Cache<String, String> a = cache(cachesA, SOFT);
    putOld("k", SOFT, cachesA);
    assertThat(a.get("k", this::hang)).isEqualTo("old");
    assertThat(a.get("k", LoadLimitsIT::never)).isEqualTo("old");
    assertThat(a.stats().staleServed()).isPositive();
    mayEnd.countDown();
    Await.until("kept", DEADLINE, () -> "late".equals(a.get("k", LoadLimitsIT::never)));
  }

  @Test
  void whoWaitsForAnotherNodesLoadGetsTheStaleValueAfterTheSoftLimit() throws Exception {
    Cache<String, String> a = cache(cachesA, BASE.toBuilder().staleIfError(MINUTE).build());
    Cache<String, String> b = cache(cachesB, SOFT);
    putOld("k", SOFT, cachesA, cachesB);
    try (SlowLoad slow = SlowLoad.of(a, "k", "slow")) {
      assertThat(b.get("k", LoadLimitsIT::never)).isEqualTo("old");
      assertThat(slow.finish()).isEqualTo("slow");
    }
  }

  @Test
  void withoutAnStaleValueTheSoftLimitIsNone() throws Exception {
    Cache<String, String> a = cache(cachesA, SOFT);
    try (SlowLoad slow = SlowLoad.of(a, "k", "slow")) {
      Await.until(
          "longer than the limit",
          DEADLINE,
          () -> redis.pttl(leaseKey("k")) < SOFT.lease().minus(SHORT.multipliedBy(2)).toMillis());
      assertThat(slow.finish()).isEqualTo("slow");
    }
  }

  @Test
  void theHardLimitServesTheStaleValueToo() {
    Cache<String, String> a = cache(cachesA, HARD_OR_OLD);
    putOld("k", HARD_OR_OLD, cachesA);
    assertThat(a.get("k", this::hang)).isEqualTo("old");
  }

  @Test
  void limitsHoldForManyKeysAndForStages() {
    Cache<String, String> a = cache(cachesA, HARD);
    assertThatThrownBy(() -> a.getAll(List.of("x", "y"), keys -> Map.of("x", hang("x"))))
        .isInstanceOf(LoadTimedOut.class)
        .hasMessage("loading 2 keys of cache 'names' takes longer than PT0.2S");

    CompletableFuture<Entry<String>> stage = new CompletableFuture<>();
    assertThat(a.findLater("k", key -> stage))
        .failsWithin(DEADLINE)
        .withThrowableThat()
        .withCauseInstanceOf(LoadTimedOut.class);
    stage.complete(Entry.of("late"));
    assertThat(a.get("k", LoadLimitsIT::never)).isEqualTo("late");
  }

  @Test
  void aStageIsServedOldAfterTheSoftLimit() {
    Cache<String, String> a = cache(cachesA, SOFT);
    putOld("k", SOFT, cachesA);
    CompletableFuture<Entry<String>> stage = new CompletableFuture<>();
    assertThat(a.findLater("k", key -> stage)).succeedsWithin(DEADLINE).isEqualTo("old");
    stage.complete(Entry.of("late"));
    Await.until("kept", DEADLINE, () -> "late".equals(a.getIfPresent("k")));
  }

  @Test
  void loadersExceptionsPassAsTheyAre() {
    Cache<String, String> a = // a limit that a slow machine keeps
        cache(cachesA, BASE.toBuilder().loadTimeout(Duration.ZERO, MINUTE).build());
    IllegalStateException failure = new IllegalStateException("database is down");
    assertThatThrownBy(
            () ->
                a.get(
                    "k",
                    key -> {
                      throw failure;
                    }))
        .isSameAs(failure);
    assertThat(a.get("k", key -> null)).isNull();
    assertThat(a.get("k", key -> "v")).isEqualTo("v");
  }

  @Test
  void aLoaderThatAsksForItsOwnKeyIsRefusedOnItsOtherThreadToo() {
    Cache<String, String> a =
        cache(cachesA, BASE.toBuilder().loadTimeout(Duration.ZERO, MINUTE).build());
    assertThatThrownBy(() -> a.get("k", key -> a.get(key, LoadLimitsIT::never)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the loader of key 'k' of cache 'names' asks the cache for the same key");
  }

  @Test
  void anInterruptedCallerLeavesAndTheLoadGoesOn() {
    Cache<String, String> a =
        cache(cachesA, BASE.toBuilder().loadTimeout(Duration.ZERO, MINUTE).build());
    Thread caller = Thread.currentThread();
    assertThatThrownBy(
            () ->
                a.get(
                    "k",
                    key -> {
                      caller.interrupt();
                      return hang(key);
                    }))
        .isInstanceOf(LoadInterrupted.class)
        .hasMessage("loading key 'k' of cache 'names'");
    assertThat(Thread.interrupted()).isTrue();
    mayEnd.countDown();
    Await.until("kept", DEADLINE, () -> "late".equals(a.getIfPresent("k")));
  }

  @Test
  void aLoadThatNoThreadTakesFailsAtOnceOrServesTheStaleValue() {
    try (Caches full =
        Caches.builder(server.newClient(), prefix)
            .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
            .executor(
                task -> {
                  throw new RejectedExecutionException("full");
                })
            .build()) {
      Cache<String, String> cache = cache(full, HARD_OR_OLD);
      Await.until("subscribed", DEADLINE, full::subscribed);
      assertThatThrownBy(() -> cache.get("new", LoadLimitsIT::never))
          .isInstanceOf(LoadTimedOut.class)
          .hasMessage(
              "loading key 'new' of cache 'names' was not begun: too many loads are under way");
      assertThat(redis.exists(leaseKey("new"))).isFalse();
      putOld("k", HARD_OR_OLD, full);
      assertThat(cache.get("k", LoadLimitsIT::never)).isEqualTo("old");
    }
  }

  @Test
  void aStageEndsAtItsLimitThoughHangingLoadsHoldEveryThread() {
    Cache<String, String> a = cache(cachesA, AT_ONCE);
    for (int i = 0; i < LoadThreads.THREADS_MAX; i++) {
      String key = "k" + i;
      assertThatThrownBy(() -> a.get(key, this::hang)).isInstanceOf(LoadTimedOut.class);
    }
    requireLimit(a);
  }

  private static void requireLimit(Cache<String, String> cache) {
    assertThat(cache.findLater("stage", key -> new CompletableFuture<>()))
        .failsWithin(DEADLINE)
        .withThrowableThat()
        .withCauseInstanceOf(LoadTimedOut.class);
  }

  @Test
  void loadsUnderWayAreBoundedWhateverTheExecutorTakes() {
    AtomicReference<Integer> taken = new AtomicReference<>(0);
    try (Caches endless =
        Caches.builder(server.newClient(), prefix)
            .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
            .executor(task -> taken.set(taken.get() + 1))
            .build()) {
      Cache<String, String> cache = cache(endless, AT_ONCE);
      for (int i = 0; i <= LoadThreads.UNDER_WAY_MAX; i++) {
        String key = "k" + i;
        assertThatThrownBy(() -> cache.get(key, LoadLimitsIT::never))
            .isInstanceOf(LoadTimedOut.class);
      }
      assertThat(taken).hasValue(LoadThreads.UNDER_WAY_MAX);
      requireLimit(cache);
    }
  }
}
