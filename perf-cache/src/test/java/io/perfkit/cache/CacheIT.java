package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.Codec;
import io.perfkit.redis.CodecFailed;
import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.KeySpace;
import io.perfkit.testing.Await;
import io.perfkit.testing.FakeClock;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.UnifiedJedis;
import redis.clients.jedis.params.SetParams;

/** One node before a real Redis. */
@RealRedis
final class CacheIT {
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  private static final String LIVES = "000000060000000000000000";

  record Profile(String name, int age) {}

  private final FakeClock clock = FakeClock.startingAt(Instant.EPOCH);
  private final UnifiedJedis redis;
  private final String prefix;
  private final Caches caches;
  private final CacheConfig config =
      CacheConfig.builder()
          .l1Ttl(Duration.ofSeconds(10))
          .l2Ttl(Duration.ofSeconds(60))
          .maxStaleness(Duration.ofDays(1)) // the fake clock runs ahead of what is heard
          .build();
  private final Cache<String, String> cache;
  private final AtomicInteger loads = new AtomicInteger();

  CacheIT(TestRedis server) {
    redis = server.client();
    prefix = server.prefix() + UUID.randomUUID();
    caches = node();
    cache = caches.cache("names", String.class, Codec.string(), config);
  }

  private Caches node() {
    return Caches.builder(redis, prefix)
        .nanos(clock.nanos())
        .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
        .build();
  }

  @BeforeEach
  void hearOthers() { // a subscription that comes up later ends the copies made before
    Await.until("subscribed", DEADLINE, caches::subscribed);
  }

  @AfterEach
  void close() {
    caches.close();
  }

  @Test
  void loadsOnceThenServesFromL1ThenFromL2() {
    assertThat(cache.get("a", this::load)).isEqualTo("a1");
    assertThat(cache.get("a", CacheIT::never)).isEqualTo("a1");

    clock.advance(Duration.ofSeconds(10));
    assertThat(cache.get("a", CacheIT::never)).as("L1 expired, L2 not").isEqualTo("a1");

    assertThat(cache.stats())
        .extracting(
            CacheStats::l1Hits,
            CacheStats::l2Hits,
            CacheStats::misses,
            CacheStats::loads,
            CacheStats::loadFailures,
            CacheStats::redisFailures)
        .containsExactly(1L, 1L, 1L, 1L, 0L, 0L);
    assertThat(cache.stats().hitRatio()).isEqualTo(2.0 / 3);
  }

  @Test
  void aTickingClockEndsCopiesToo() {
    try (Caches ticking =
        Caches.builder(redis, prefix)
            .nanos(clock.nanos())
            .config(CachesConfig.builder().clockTick(Duration.ofMillis(1)).build())
            .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
            .build()) {
      Await.until("subscribed", DEADLINE, ticking::subscribed);
      Cache<String, String> cache = ticking.cache("ticking", String.class, Codec.string(), config);
      cache.put("a", "v");
      assertThat(cache.get("a", CacheIT::never)).isEqualTo("v");
      assertThat(cache.stats().l2Hits()).isZero();
      clock.advance(Duration.ofSeconds(10));
      Await.until(
          "L1 expired",
          DEADLINE,
          () -> "v".equals(cache.get("a", CacheIT::never)) && cache.stats().l2Hits() == 1);
    }
  }

  @Test
  void refusesATickThatIsNegativeOrTooLong() {
    for (Duration tick : List.of(Duration.ofMillis(-1), Duration.ofMillis(101))) {
      assertThatThrownBy(() -> CachesConfig.builder().clockTick(tick).build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("clockTick: " + tick + " (expected: zero, which means none, to 100 ms)");
    }
  }

  @Test
  void serves_l1_untilItsLastNanosecond() {
    cache.put("a", "v");
    clock.advance(Duration.ofSeconds(10).minusNanos(1));
    assertThat(cache.getIfPresent("a")).isEqualTo("v");
    assertThat(cache.stats().l1Hits()).isEqualTo(1);

    clock.advance(Duration.ofNanos(1));
    assertThat(cache.getIfPresent("a")).isEqualTo("v");
    assertThat(cache.stats().l1Hits()).isEqualTo(1);
    assertThat(cache.stats().l2Hits()).isEqualTo(1);
  }

  @Test
  void aCopyNeverOutlivesTheEntryInRedis() { // I3
    cache.put("a", "v");
    redis.pexpire(redisKey("a"), 9_000);
    clock.advance(Duration.ofSeconds(10));
    assertThat(cache.getIfPresent("a")).isEqualTo("v");

    clock.advance(Duration.ofMillis(9_001)); // below the L1 TTL
    redis.del(redisKey("a"));
    assertThat(cache.getIfPresent("a")).isNull();
  }

  @Test
  void storesUnderTheDocumentedKeyWithTheL2Ttl() {
    cache.put("a", "v");

    assertThat(redis.pttl(redisKey("a"))).isBetween(50_000L, 60_000L);
    assertThat(redis.get(redisKey("a").getBytes(UTF_8))[0]).isEqualTo((byte) 'V');
  }

  @Test
  void putAndInvalidateAreSeenAtOnce() { // I1
    cache.put("a", "v1");
    assertThat(cache.getIfPresent("a")).isEqualTo("v1");
    cache.put("a", "v2");
    assertThat(cache.getIfPresent("a")).isEqualTo("v2");
    cache.invalidate("a");
    assertThat(cache.getIfPresent("a")).isNull();
    assertThat(redis.exists(redisKey("a"))).isFalse();
    cache.invalidate("a");
    assertThat(cache.get("a", this::load)).isEqualTo("a1");
  }

  @Test
  void keepsNothingWhenTheLoaderHasNothing() {
    assertThat(cache.get("a", key -> null)).isNull();

    assertThat(redis.exists(leaseKey("a"))).as("the lease was given back").isFalse();
    assertThat(cache.get("a", this::load)).isEqualTo("a1");
    assertThat(cache.stats().misses()).isEqualTo(2);
  }

  @Test
  void passesTheLoadersExceptionOnAndKeepsNothing() {
    RuntimeException failure = new IllegalStateException("database is down");
    assertThatThrownBy(
            () ->
                cache.get(
                    "a",
                    key -> {
                      throw failure;
                    }))
        .isSameAs(failure);

    assertThat(redis.exists(leaseKey("a"))).as("the lease was given back").isFalse();
    assertThat(cache.stats().loadFailures()).isEqualTo(1);
    assertThat(cache.get("a", this::load)).isEqualTo("a1");
  }

  @Test
  void refusesALoaderThatAsksForItsOwnKey() {
    assertThatThrownBy(() -> cache.get("a", key -> cache.get(key, this::load)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the loader of key 'a' of cache 'names' asks the cache for the same key");
    assertThat(cache.get("a", key -> cache.get("b", this::load))).isEqualTo("b1");
  }

  @Test
  void refusesNullAndNamesIt() {
    assertThatThrownBy(() -> cache.get(null, this::load)).hasMessage("key");
    assertThatThrownBy(() -> cache.get("a", null)).hasMessage("loader");
    assertThatThrownBy(() -> cache.put("a", null)).hasMessage("value");
    assertThatThrownBy(() -> cache.put(null, "v")).hasMessage("key");
    assertThatThrownBy(() -> cache.invalidate(null)).hasMessage("key");
    assertThatThrownBy(() -> cache.getIfPresent(null)).hasMessage("key");
  }

  @Test
  void takesWhatItCannotReadForAMiss() {
    List<Runnable> foreign =
        List.of(
            () -> redis.set(redisKey("a"), "garbage"),
            () -> redis.set(redisKey("a"), ""),
            () -> redis.set(redisKey("a"), "V"),
            () -> setBytes("V" + generation() + "0000000000000000" + "stamp-of-16-byte"),
            () ->
                setBytes("V" + generation() + "not a number 123stamp-of-16-byte" + LIVES + "\0\0"),
            () -> setBytes(head() + "not a number12" + "0".repeat(10) + "\0\0"),
            () -> setBytes(head() + LIVES + "\0\5\100cut"),
            () -> setBytes(head() + LIVES + "\0\0foreign"),
            () -> redis.set(redisKey("a"), "Vgarbage that starts like a value"),
            () -> redis.set(leaseKey("a"), "garbage"),
            () -> setBytes(leaseKey("a"), "L" + "t".repeat(16) + generation() + "0".repeat(17)),
            () -> setBytes(leaseKey("a"), "T" + "t".repeat(16) + generation() + "0".repeat(17)),
            () -> redis.rpush(leaseKey("a"), "a list"),
            () -> redis.rpush(redisKey("a"), "a list"),
            () -> redis.hset(redisKey("a"), "a", "hash"));
    for (int i = 0; i < foreign.size(); i++) {
      cache.invalidate("a");
      foreign.get(i).run();

      assertThat(cache.getIfPresent("a")).as("foreign %s", i).isNull();
      assertThat(cache.get("a", key -> "loaded")).as("foreign %s", i).isEqualTo("loaded");
      clock.advance(Duration.ofSeconds(11));
      assertThat(cache.get("a", CacheIT::never))
          .as("foreign %s was replaced", i)
          .isEqualTo("loaded");
    }
    assertThat(cache.stats().redisFailures()).isZero();
    assertThat(cache.stats().unreadable()).as("told apart from what is absent").isPositive();
  }

  @Test
  void loadersThatAskForEachOthersKeysAreToldTheCycle() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(3);
    CountDownLatch loading = new CountDownLatch(3);
    try {
      List<Future<String>> all = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        String own = "k" + i;
        String next = "k" + (i + 1) % 3;
        all.add(
            threads.submit(
                () ->
                    cache.get(
                        own,
                        key -> {
                          loading.countDown();
                          try {
                            loading.await();
                          } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                          }
                          return cache.get(next, CacheIT::never);
                        })));
      }
      for (Future<String> load : all) {
        assertThatThrownBy(() -> load.get(20, SECONDS))
            .rootCause()
            .isInstanceOf(IllegalStateException.class)
            .hasMessageStartingWith(
                "loaders wait for each other's keys in a cycle, seen from cache");
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(cache.get("k0", key -> "v")).as("the keys can be loaded again").isEqualTo("v");
  }

  @Test
  void servesAndCountsALoadedValueThatCannotBeWrittenAndRefusesToPutIt() {
    Cache<String, String> small =
        caches.cache(
            "small", String.class, Codec.string(), CacheConfig.builder().maxValueBytes(5).build());

    assertThat(small.get("a", key -> "longer")).isEqualTo("longer");
    assertThat(small.stats().unwritable()).isEqualTo(1);
    assertThatThrownBy(() -> small.put("a", "longer"))
        .isInstanceOf(CodecFailed.class)
        .hasMessage("java.lang.String takes 6 bytes (expected: at most maxBytes 5)");
    assertThat(small.getIfPresent("a")).isNull();
    assertThat(small.get("a", key -> "short")).as("the lease was given back").isEqualTo("short");
    assertThatThrownBy(() -> small.put("a", "longer")).isInstanceOf(CodecFailed.class);
    assertThat(small.getIfPresent("a")).as("nothing was changed").isEqualTo("short");
  }

  @Test
  void keepsRecordsAsJsonAndCompresses() {
    Cache<Long, Profile> profiles =
        caches.cache(
            "profiles",
            Long.class,
            Codec.json(Profile.class),
            CacheConfig.builder().compressAboveBytes(100).build());
    Profile long1 = new Profile("x".repeat(10_000), 3);
    profiles.put(7L, long1);
    clock.advance(Duration.ofSeconds(31));

    assertThat(profiles.get(7L, key -> null)).isEqualTo(long1);
    assertThat(profiles.stats().l2Hits()).isEqualTo(1);
  }

  @Test
  void anotherShapeOfTheValueClassIsAMiss() {
    caches.cache("shared", String.class, Codec.string(), config).put("a", "text");
    try (Caches upgraded = NodesContract.patient(redis, prefix)) {
      Cache<String, Long> numbers =
          upgraded.cache("shared", String.class, Codec.longs(), CacheConfig.defaults());
      assertThat(numbers.get("a", key -> 5L)).isEqualTo(5);
      assertThat(numbers.getIfPresent("a")).isEqualTo(5);
    }
  }

  record Person(String name) {}

  record PersonWithCity(String name, String city) {}

  @Test
  void aChangedFieldOfTheValueClassIsAMissOnBothSides() {
    try (Caches before = node();
        Caches after = node()) {
      Cache<String, Person> old =
          before.cache("people", String.class, Codec.json(Person.class), config);
      Cache<String, PersonWithCity> upgraded =
          after.cache("people", String.class, Codec.json(PersonWithCity.class), config);
      old.put("a", new Person("ada"));
      assertThat(upgraded.getIfPresent("a")).isNull();
      PersonWithCity loaded = new PersonWithCity("ada", "London");
      assertThat(upgraded.get("a", key -> loaded)).isEqualTo(loaded);

      clock.advance(Duration.ofSeconds(11));
      assertThat(old.get("a", key -> new Person("again")))
          .as("the old node reads its own shape again")
          .isEqualTo(new Person("again"));
      assertThat(before.stats().redisFailures() + after.stats().redisFailures()).isZero();
    }
  }

  @Test
  void takesKeysOfAnyLength() {
    for (int length : new int[] {0, 1, 200, 201, 1_000_000}) {
      String key = "k".repeat(length);
      assertThat(cache.get(key, k -> "of " + length)).isEqualTo("of " + length);
      assertThat(cache.getIfPresent(key)).isEqualTo("of " + length);
      cache.invalidate(key);
      assertThat(cache.getIfPresent(key)).isNull();
    }
  }

  @Test
  void loadsOncePerKeyUnderContention() throws Exception { // I2
    int callers = 100;
    CountDownLatch loading = new CountDownLatch(1);
    CountDownLatch finish = new CountDownLatch(1);
    ExecutorService threads = Executors.newFixedThreadPool(callers);
    try {
      List<Future<String>> results = new ArrayList<>();
      for (int i = 0; i < callers; i++) {
        results.add(
            threads.submit(
                () ->
                    cache.get(
                        "hot",
                        key -> {
                          loading.countDown();
                          SlowLoad.awaitQuietly(finish);
                          return load(key);
                        })));
      }
      assertThat(loading.await(10, SECONDS)).isTrue();
      finish.countDown();
      for (Future<String> result : results) {
        assertThat(result.get(10, SECONDS)).isEqualTo("hot1");
      }
      assertThat(loads).hasValue(1);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void everyWaiterGetsTheLoadersException() throws Exception {
    IllegalStateException failure = new IllegalStateException("database is down");
    AtomicReference<Thread> waiter = new AtomicReference<>();
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (SlowLoad slow =
        SlowLoad.of(
            load -> cache.get("a", key -> load.get()),
            () -> {
              throw failure;
            })) {
      Future<String> passenger =
          thread.submit(
              () -> {
                waiter.set(Thread.currentThread());
                return cache.get("a", CacheIT::never);
              });
      Await.until(
          "the second caller waits",
          DEADLINE,
          () -> waiter.get() != null && waiter.get().getState() == Thread.State.TIMED_WAITING);

      assertThatThrownBy(slow::finish).isSameAs(failure);
      assertThatThrownBy(() -> passenger.get(10, SECONDS)).hasCause(failure);
    } finally {
      thread.shutdownNow();
    }
  }

  @Test
  void anInterruptedWaiterLeavesAndTheLoadGoesOn() throws Exception {
    try (SlowLoad slow = SlowLoad.of(cache, "a", "loaded")) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> cache.get("a", CacheIT::never))
          .isInstanceOf(LoadInterrupted.class)
          .hasMessage("waiting for key 'a' of cache 'names'");
      assertThat(Thread.interrupted()).isTrue();
      assertThat(slow.finish()).isEqualTo("loaded");
    }
  }

  @Test
  void aNameIsGivenOnce() {
    assertThatThrownBy(() -> caches.cache("names", String.class, Codec.string(), config))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("name: 'names' (expected: a name not taken yet)");
    assertThatThrownBy(() -> caches.cache("na{me", String.class, Codec.string(), config))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("name: 'na{me'");
    assertThatThrownBy(() -> Caches.create(redis, "pre fix"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("prefix: 'pre fix'");
  }

  @Test
  void tellsItsConfiguration() {
    assertThat(cache.toString())
        .startsWith("Cache[names, CacheConfig[maxEntries=10000, l1Ttl=PT10S");
    assertThat(caches.toString()).startsWith("Caches[" + prefix + ", RedisGuard[CLOSED");
  }

  @Test
  void boundsTheLocalCopies() {
    Cache<Integer, String> tiny =
        caches.cache(
            "tiny", Integer.class, Codec.string(), CacheConfig.builder().maxEntries(10).build());
    for (int i = 0; i < 200; i++) {
      tiny.put(i, "v" + i);
    }
    Await.until(
        "most reads go to Redis",
        DEADLINE,
        () -> {
          long before = tiny.stats().l1Hits();
          for (int i = 0; i < 200; i++) {
            assertThat(tiny.getIfPresent(i)).isEqualTo("v" + i);
          }
          return tiny.stats().l1Hits() - before <= 30;
        });
  }

  @Test
  void readsOneRoundTripOnAMissAndOneMoreToStore() {
    cache.get("another", key -> "so that the server holds the scripts");
    long before = ServerCalls.ofScripts(redis);
    cache.get("a", this::load);
    assertThat(ServerCalls.ofScripts(redis) - before).as("cold miss").isEqualTo(2);
    clock.advance(Duration.ofSeconds(11));
    cache.get("a", CacheIT::never);
    assertThat(ServerCalls.ofScripts(redis) - before).as("then a hit in Redis").isEqualTo(3);
    cache.get("a", CacheIT::never);
    assertThat(ServerCalls.ofScripts(redis) - before).as("then a local hit").isEqualTo(3);
  }

  @Test
  void costsTheRoundTripsThatTheGuideTells() {
    cache.put("held", "v");
    requireRoundTrips(0, key -> cache.get("held", CacheIT::never));
    requireRoundTrips(2, key -> cache.get(key, this::load));
    requireRoundTrips(1, key -> cache.get("held", CacheIT::never, ReadPolicy.VERIFY));
    requireRoundTrips(2, key -> cache.get(key, this::load, ReadPolicy.VERIFY));
    requireRoundTrips(0, key -> cache.getIfPresent("held"));
    requireRoundTrips(1, cache::getIfPresent);
    requireRoundTrips(1, key -> cache.put(key, "v"));
    requireRoundTrips(1, cache::invalidate);
    requireRoundTrips(0, key -> cache.getAll(List.of("held"), keys -> Map.of()));
    requireRoundTrips(
        2, key -> cache.getAll(List.of(key, key + "'"), keys -> Map.of(key, "v", key + "'", "w")));
    requireRoundTrips(1, key -> cache.invalidateAll(List.of(key, key + "'")));
    requireRoundTrips(2, cache::invalidateTag); // the change, and the message to the other nodes
    requireRoundTrips(2, key -> cache.clear()); // likewise
  }

  /** Of {@code call} with a new key; the node's own look at the server may come in between. */
  private void requireRoundTrips(long expected, Consumer<String> call) {
    Await.until(
        expected + " round trips",
        DEADLINE,
        () -> {
          long before = caches.lanes().batches();
          call.accept("key-" + loads.incrementAndGet());
          long cost = caches.lanes().batches() - before;
          assertThat(cost).isGreaterThanOrEqualTo(expected);
          return cost == expected;
        });
  }

  @Test
  void aPersistedEntryIsStillBoundedByL1() {
    cache.put("a", "v");
    redis.persist(redisKey("a"));
    clock.advance(Duration.ofSeconds(11));
    assertThat(cache.getIfPresent("a")).isEqualTo("v");
    redis.set(redisKey("a"), "gone", SetParams.setParams().px(1_000));
    clock.advance(Duration.ofSeconds(11));
    assertThat(cache.getIfPresent("a")).isNull();
  }

  private void setBytes(String latin1) {
    setBytes(redisKey("a"), latin1);
  }

  /** Without a TTL: a lease of this kind would never end. */
  private void setBytes(String key, String latin1) {
    redis.set(key.getBytes(UTF_8), latin1.getBytes(ISO_8859_1));
  }

  private String head() {
    return "V" + generation() + "0000000000000000stamp-of-16-byte";
  }

  private String leaseKey(String key) {
    return leaseKeyOf(prefix, "names", key);
  }

  /** Of the partition of "a"; a lease has made it. */
  private String generation() {
    KeySpace keys = keysOf(prefix, "names");
    byte[] marks = keys.partitionKey("marks", keys.partition("a"));
    cache.get("a", key -> null);
    return new String(redis.hget(marks, "g".getBytes(UTF_8)), ISO_8859_1);
  }

  private String load(String key) {
    return key + loads.incrementAndGet();
  }

  private String redisKey(String key) {
    return redisKeyOf(prefix, "names", key);
  }

  static String redisKeyOf(String prefix, String cache, String key) {
    return redisKeyOf("entry", prefix, cache, key);
  }

  static String leaseKeyOf(String prefix, String cache, String key) {
    return redisKeyOf("lease", prefix, cache, key);
  }

  private static String redisKeyOf(String kind, String prefix, String cache, String key) {
    return new String(keysOf(prefix, cache).key(kind, key), UTF_8);
  }

  static KeySpace keysOf(String prefix, String cache) {
    return KeySpace.of(prefix, cache).withVersion(2).withPartitions(64);
  }

  private static String never(String key) {
    throw new AssertionError("the loader of " + key + " was not to run");
  }
}
