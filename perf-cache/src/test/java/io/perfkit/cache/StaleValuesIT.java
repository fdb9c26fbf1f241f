package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.Await;
import io.perfkit.testing.FakeClock;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.UnifiedJedis;

/** Stale values: which callers get them, which node loads anew, and what ends them. Two nodes. */
@RealRedis
final class StaleValuesIT {
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final CacheConfig BASE =
      CacheConfig.builder()
          .l1Ttl(Duration.ofSeconds(10))
          .l2Ttl(MINUTE)
          .jitter(0)
          .absentTtl(MINUTE)
          .maxStaleness(Duration.ofDays(1)) // the fake clock runs ahead of what is heard
          .build();
  private static final CacheConfig REVALIDATE =
      BASE.toBuilder().staleWhileRevalidate(MINUTE).throttle(MINUTE).build();
  private static final CacheConfig IF_ERROR =
      BASE.toBuilder().staleIfError(MINUTE).throttle(Duration.ofSeconds(5)).build();
  private static final CacheConfig AHEAD =
      BASE.toBuilder().l1Ttl(MINUTE).l2Ttl(MINUTE.multipliedBy(10)).refreshAhead(0.25).build();

  private final FakeClock clock = FakeClock.startingAt(Instant.EPOCH);
  private final UnifiedJedis redis;
  private final String prefix;
  private final ExecutorService pool = Executors.newCachedThreadPool();
  private final AtomicReference<Executor> executor = new AtomicReference<>();
  private final Caches cachesA;
  private final Caches cachesB;
  private final AtomicInteger loads = new AtomicInteger();
  private Cache<String, String> a;
  private Cache<String, String> b;

  StaleValuesIT(TestRedis server) {
    redis = server.client();
    prefix = server.prefix() + UUID.randomUUID();
    cachesA = node(server, task -> executor.get().execute(task));
    cachesB = node(server, task -> executor.get().execute(task));
  }

  private Caches node(TestRedis server, Executor loads) {
    return Caches.builder(server.newClient(), prefix)
        .nanos(clock.nanos())
        .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
        .executor(loads)
        .build();
  }

  @BeforeEach
  void hearOthers() {
    executor.set(pool);
    Await.until("subscribed", DEADLINE, () -> cachesA.subscribed() && cachesB.subscribed());
  }

  @AfterEach
  void close() {
    cachesA.close();
    cachesB.close();
    pool.shutdownNow();
  }

  private void use(CacheConfig config) {
    a = cachesA.cache("names", String.class, Codec.string(), config);
    b = cachesB.cache("names", String.class, Codec.string(), config);
  }

  /** Moves an entry's life in Redis so that it is over since {@code past}, and ends the copies. */
  private void age(String key, CacheConfig config, Duration past) {
    long left = config.gracePeriod().minus(past).toMillis();
    assertThat(redis.pexpire(CacheIT.redisKeyOf(prefix, "names", key), left)).isEqualTo(1);
    clock.advance(Duration.ofSeconds(11));
  }

  private static final Duration JUST_OVER = Duration.ofSeconds(1);

  private String load(String key) {
    return key + loads.incrementAndGet();
  }

  private static String never(String key) {
    throw new AssertionError("the loader of " + key + " was not to run");
  }

  private static String failing(String key) {
    throw new IllegalStateException("database is down");
  }

  private static CompletionStage<Entry<String>> failingStage(String key) {
    throw new IllegalStateException("database is down");
  }

  @Test
  void aStaleValueServesAtOnceWhileOneNodeLoadsTheNextBehindIt() {
    use(REVALIDATE);
    a.put("k", "old");
    age("k", REVALIDATE, JUST_OVER);
    CountDownLatch mayEnd = new CountDownLatch(1);
    Function<String, String> slow =
        key -> {
          SlowLoad.awaitQuietly(mayEnd);
          return load(key);
        };

    assertThat(a.get("k", slow)).isEqualTo("old");
    assertThat(a.get("k", StaleValuesIT::never)).as("one load on this node").isEqualTo("old");
    assertThat(b.get("k", StaleValuesIT::never)).as("and on all").isEqualTo("old");
    assertThat(a.getIfPresent("k")).as("who can't load it gets no stale value").isNull();
    mayEnd.countDown();

    Await.until("refreshed", DEADLINE, () -> "k1".equals(a.getIfPresent("k")));
    assertThat(b.get("k", StaleValuesIT::never)).isEqualTo("k1");
    assertThat(a.stats().staleServed()).isEqualTo(2);
    assertThat(b.stats().staleServed()).isEqualTo(1);
  }

  @Test
  void aStaleValueServesManyKeysAndStages() throws Exception {
    use(REVALIDATE);
    a.put("k", "old");
    age("k", REVALIDATE, JUST_OVER);
    assertThat(a.getAll(List.of("k", "new"), keys -> Map.of("k", "next", "new", "loaded")))
        .containsOnly(Map.entry("k", "old"), Map.entry("new", "loaded"));
    Await.until("refreshed", DEADLINE, () -> "next".equals(a.getIfPresent("k")));

    age("k", REVALIDATE, JUST_OVER);
    CompletableFuture<Entry<String>> later = new CompletableFuture<>();
    assertThat(a.findLater("k", key -> later)).isCompletedWithValue("next");
    later.complete(Entry.of("staged"));
    Await.until("refreshed", DEADLINE, () -> "staged".equals(a.getIfPresent("k")));
  }

  @Test
  void aValueThatIsTooOldIsLoadedByItsCaller() {
    use(REVALIDATE);
    a.put("k", "old");
    age("k", REVALIDATE, MINUTE.minusMillis(1));
    Await.until("gone", DEADLINE, () -> !redis.exists(CacheIT.redisKeyOf(prefix, "names", "k")));
    assertThat(a.get("k", this::load)).isEqualTo("k1");
    assertThat(a.stats().staleServed()).isZero();
  }

  @Test
  void anAbsentValueIsNeverServedPastItsLife() {
    use(REVALIDATE);
    assertThat(a.get("k", key -> null)).isNull();
    assertThat(redis.pttl(CacheIT.redisKeyOf(prefix, "names", "k"))).isLessThanOrEqualTo(60_000);
  }

  @Test
  void whatWasInvalidatedNeverServesHoweverOld() { // R10
    List<Runnable> ends =
        List.of(
            () -> a.invalidate("k"),
            () -> a.invalidateTag("t"),
            () -> a.clear(),
            () -> a.putEntry("k", Entry.of("gone").withTtl(Duration.ofMillis(1)).unkept()));
    for (CacheConfig config : List.of(REVALIDATE, IF_ERROR)) {
      String name = "names" + config.gracePeriod().equals(config.staleIfError());
      Cache<String, String> here = cachesA.cache(name, String.class, Codec.string(), config);
      a = here;
      b = cachesB.cache(name, String.class, Codec.string(), config);
      for (int i = 0; i < ends.size(); i++) {
        here.putEntry("k", Entry.of("old").withTags("t"));
        NodesContract.holdLocally(b, "k", "old");
        redis.pexpire(CacheIT.redisKeyOf(prefix, name, "k"), 59_000);
        clock.advance(Duration.ofSeconds(11));
        ends.get(i).run();

        assertThatThrownBy(() -> here.get("k", StaleValuesIT::failing))
            .as("%s", i)
            .hasMessage("database is down");
        assertThat(b.get("k", this::load)).as("%s", i).startsWith("k").isEqualTo("k" + loads.get());
      }
    }
  }

  @Test
  void aRefreshThatAnInvalidationOvertakesIsKeptNowhere() {
    use(REVALIDATE);
    a.put("k", "old");
    age("k", REVALIDATE, JUST_OVER);
    CountDownLatch mayEnd = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    executor.set(
        task ->
            pool.execute(
                () -> {
                  task.run();
                  ended.countDown();
                }));
    assertThat(
            a.get(
                "k",
                key -> {
                  SlowLoad.awaitQuietly(mayEnd);
                  return "late";
                }))
        .isEqualTo("old");
    b.invalidate("k");
    mayEnd.countDown();
    SlowLoad.awaitQuietly(ended);

    assertThat(a.getIfPresent("k")).isNull();
    assertThat(b.get("k", this::load)).isEqualTo("k1");
  }

  @Test
  void withoutAThreadTheRefreshIsLeftOutAndCounted() {
    use(REVALIDATE);
    a.put("k", "old");
    age("k", REVALIDATE, JUST_OVER);
    executor.set(
        task -> {
          throw new RejectedExecutionException("full");
        });
    assertThat(a.get("k", StaleValuesIT::never)).isEqualTo("old");
    assertThat(a.stats().refreshesSkipped()).isEqualTo(1);

    executor.set(Runnable::run);
    assertThat(b.get("k", this::load)).as("the lease was given back").isEqualTo("old");
    assertThat(b.get("k", StaleValuesIT::never)).isEqualTo("k1");
  }

  @Test
  void afterARefreshThatFailedLoadsRestOnAllNodes() {
    use(REVALIDATE);
    executor.set(Runnable::run);
    a.put("k", "old");
    age("k", REVALIDATE, JUST_OVER);
    assertThat(a.get("k", StaleValuesIT::failing)).isEqualTo("old");
    assertThat(a.stats().loadFailures()).isEqualTo(1);
    assertThat(a.get("k", StaleValuesIT::never)).isEqualTo("old");
    assertThat(b.get("k", StaleValuesIT::never)).isEqualTo("old");

    redis.del(CacheIT.leaseKeyOf(prefix, "names", "k")); // as if the rest were over
    clock.advance(Duration.ofSeconds(11));
    assertThat(b.get("k", this::load)).isEqualTo("old");
    assertThat(b.get("k", StaleValuesIT::never)).isEqualTo("k1");
  }

  @Test
  void aStaleValueServesWhenTheLoaderThrowsAndLoadsRestOnAllNodes() {
    use(IF_ERROR);
    a.put("k", "old");
    age("k", IF_ERROR, JUST_OVER);
    assertThat(a.get("k", StaleValuesIT::failing)).isEqualTo("old");
    assertThat(a.get("k", StaleValuesIT::never)).as("from L1").isEqualTo("old");
    assertThat(b.get("k", StaleValuesIT::never)).as("the other node").isEqualTo("old");
    assertThat(a.stats().staleServed()).isEqualTo(1);
    assertThat(a.stats().loadFailures()).isEqualTo(1);

    clock.advance(Duration.ofSeconds(5).plusMillis(1));
    redis.del(CacheIT.leaseKeyOf(prefix, "names", "k")); // the server's clock can't be advanced
    assertThat(b.get("k", this::load)).as("the rest is over").isEqualTo("k1");
  }

  @Test
  void anInvalidationEndsTheRest() {
    use(IF_ERROR);
    a.put("k", "old");
    age("k", IF_ERROR, JUST_OVER);
    assertThat(a.get("k", StaleValuesIT::failing)).isEqualTo("old");
    b.invalidate("k");
    assertThat(b.get("k", this::load)).isEqualTo("k1");
    Await.until("heard", DEADLINE, () -> "k1".equals(a.get("k", StaleValuesIT::never)));
  }

  @Test
  void aValueInvalidatedWhileItsLoadFailedDoesNotServe() { // R10
    use(IF_ERROR);
    List<Runnable> ends =
        List.of(
            () -> a.invalidate("k"),
            () -> b.invalidate("k"),
            () -> a.invalidateTag("t"),
            () -> b.invalidateTag("t"),
            () -> b.clear());
    for (int i = 0; i < ends.size(); i++) {
      Runnable end = ends.get(i);
      a.putEntry("k", Entry.of("old").withTags("t"));
      Await.until("heard", DEADLINE, () -> "old".equals(b.getIfPresent("k")));
      age("k", IF_ERROR, JUST_OVER);
      boolean elsewhere = i % 2 == 1 || i == 4;
      assertThatThrownBy(
              () ->
                  a.get(
                      "k",
                      key -> {
                        end.run();
                        if (elsewhere) {
                          hearB();
                        }
                        throw new IllegalStateException("database is down");
                      }))
          .as("%s", i)
          .hasMessage("database is down");
    }
  }

  /** Waits until a's own copy has ended, which only a message after all earlier ones can do. */
  private void hearB() {
    a.put("barrier", "a's");
    NodesContract.holdLocally(a, "barrier", "a's");
    b.put("barrier", "b's");
    Await.until("heard", DEADLINE, () -> "b's".equals(a.getIfPresent("barrier")));
  }

  @Test
  void manyKeysAreServedOldOnlyIfAllOfThemCanBe() {
    use(IF_ERROR);
    a.put("x", "old x");
    a.put("y", "old y");
    age("x", IF_ERROR, JUST_OVER);
    age("y", IF_ERROR, JUST_OVER);
    assertThatThrownBy(() -> a.getAll(List.of("x", "y", "z"), keys -> Map.of("x", failing("x"))))
        .hasMessage("database is down");
    clock.advance(Duration.ofSeconds(6));
    redis.del(CacheIT.leaseKeyOf(prefix, "names", "x"));
    redis.del(CacheIT.leaseKeyOf(prefix, "names", "y"));
    assertThat(a.getAll(List.of("x", "y"), keys -> Map.of("x", failing("x"))))
        .containsOnly(Map.entry("x", "old x"), Map.entry("y", "old y"));
  }

  @Test
  void aStageThatFailsIsServedOldToo() {
    use(IF_ERROR);
    a.put("k", "old");
    age("k", IF_ERROR, JUST_OVER);
    CompletableFuture<Entry<String>> stage = new CompletableFuture<>();
    CompletableFuture<String> value = a.findLater("k", key -> stage);
    assertThat(value).isNotDone();
    stage.completeExceptionally(new IllegalStateException("database is down"));
    assertThat(value).isCompletedWithValue("old");

    clock.advance(Duration.ofSeconds(6));
    redis.del(CacheIT.leaseKeyOf(prefix, "names", "k"));
    assertThat(a.findLater("k", StaleValuesIT::failingStage)).isCompletedWithValue("old");
  }

  @Test
  void anErrorReachesTheCallerAndLeavesTheStaleValueForTheNext() {
    use(IF_ERROR);
    a.put("k", "old");
    age("k", IF_ERROR, JUST_OVER);
    assertThatThrownBy(() -> a.get("k", StaleValuesIT::never)).isInstanceOf(AssertionError.class);
    assertThat(b.get("k", StaleValuesIT::never)).as("loads rest").isEqualTo("old");
  }

  @Test
  void aLoaderThatHasNothingEndsTheStaleValue() {
    CacheConfig forgetful = IF_ERROR.toBuilder().absentTtl(Duration.ZERO).build();
    use(forgetful);
    a.put("k", "old");
    age("k", forgetful, JUST_OVER);
    assertThat(a.get("k", key -> null)).isNull();
    assertThatThrownBy(() -> b.get("k", StaleValuesIT::failing)).hasMessage("database is down");
  }

  @Test
  void aReadOfAValueWhoseLifeIsNearlyOverLoadsTheNextBehindItOnOneNode() {
    use(AHEAD);
    executor.set(Runnable::run);
    a.put("k", "first");
    NodesContract.holdLocally(b, "k", "first");
    clock.advance(Duration.ofSeconds(59));
    assertThat(a.get("k", StaleValuesIT::never)).isEqualTo("first");
    redis.pexpire(CacheIT.redisKeyOf(prefix, "names", "k"), 180_000);
    clock.advance(Duration.ofSeconds(2));
    assertThat(a.get("k", StaleValuesIT::never)).as("180 s of 600 are left").isEqualTo("first");

    redis.pexpire(CacheIT.redisKeyOf(prefix, "names", "k"), 140_000);
    clock.advance(Duration.ofMillis(30_001)); // the copy knows when
    long asked = a.stats().l2Hits();
    assertThat(a.getIfPresent("k")).as("can't load").isEqualTo("first");
    assertThat(a.stats().l2Hits()).isEqualTo(asked);
    assertThat(a.get("k", this::load)).as("the read itself is a hit").isEqualTo("first");
    assertThat(loads).hasValue(1);
    assertThat(a.get("k", StaleValuesIT::never)).isEqualTo("k1");
    clock.advance(Duration.ofSeconds(60));
    assertThat(b.get("k", StaleValuesIT::never)).isEqualTo("k1");
    assertThat(a.stats().misses() + b.stats().misses()).isZero();
    assertThat(a.stats().staleServed()).isZero();
  }

  @Test
  void whileOneNodeRefreshesAheadTheOthersGoOn() {
    use(AHEAD);
    CountDownLatch mayEnd = new CountDownLatch(1);
    a.put("k", "first");
    redis.pexpire(CacheIT.redisKeyOf(prefix, "names", "k"), 140_000);
    clock.advance(Duration.ofSeconds(61));
    assertThat(
            a.get(
                "k",
                key -> {
                  SlowLoad.awaitQuietly(mayEnd);
                  return load(key);
                }))
        .isEqualTo("first");
    long hits = a.stats().l1Hits();
    assertThat(a.get("k", StaleValuesIT::never)).isEqualTo("first");
    assertThat(a.stats().l1Hits() - hits).as("without a question").isEqualTo(1);
    assertThat(b.get("k", StaleValuesIT::never)).isEqualTo("first");
    mayEnd.countDown();
    Await.until("refreshed", DEADLINE, () -> "k1".equals(a.getIfPresent("k")));
  }
}
