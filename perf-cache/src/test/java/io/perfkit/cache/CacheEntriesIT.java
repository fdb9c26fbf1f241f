package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.UnifiedJedis;

/** Lives, absences, tags, clears and many keys at once, on one node before a real Redis. */
@RealRedis
final class CacheEntriesIT {
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final CacheConfig CONFIG =
      CacheConfig.builder()
          .l1Ttl(Duration.ofSeconds(10))
          .l2Ttl(Duration.ofSeconds(60))
          .absentTtl(Duration.ofSeconds(9))
          .maxStaleness(Duration.ofDays(1)) // the fake clock runs ahead of what is heard
          .build();

  private final FakeClock clock = FakeClock.startingAt(Instant.EPOCH);
  private final UnifiedJedis redis;
  private final String prefix;
  private final Caches caches;
  private final Cache<String, String> cache;
  private final List<Set<String>> loaded = new ArrayList<>();

  CacheEntriesIT(TestRedis server) {
    redis = server.client();
    prefix = server.prefix() + UUID.randomUUID();
    caches =
        Caches.builder(redis, prefix)
            .nanos(clock.nanos())
            .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
            .build();
    cache = caches.cache("names", String.class, Codec.string(), CONFIG);
  }

  @BeforeEach
  void hearOthers() {
    Await.until("subscribed", DEADLINE, caches::subscribed);
  }

  @AfterEach
  void close() {
    caches.close();
  }

  @Test
  void anEntryLivesAsLongAsItsLoaderSaysAtMost() {
    assertThat(cache.getEntry("a", key -> Entry.of("v").withTtl(Duration.ofSeconds(8))))
        .isEqualTo("v");
    assertThat(redis.pttl(redisKey("a"))).isBetween(1_000L, 8_000L);

    clock.advance(Duration.ofMillis(8_001));
    redis.del(redisKey("a"));
    assertThat(cache.getIfPresent("a")).as("the copy ended as well").isNull();

    cache.putEntry("b", Entry.of("v").withTtl(Duration.ofDays(9)));
    assertThat(redis.pttl(redisKey("b"))).as("never longer than l2Ttl").isLessThanOrEqualTo(60_000);
  }

  @Test
  void keepsThatThereIsNoValue() {
    assertThat(cache.get("a", key -> null)).isNull();
    assertThat(cache.get("a", CacheEntriesIT::never)).isNull();
    assertThat(cache.stats().l1Hits()).isEqualTo(1);
    assertThat(redis.pttl(redisKey("a"))).isBetween(3_000L, 9_000L);

    clock.advance(Duration.ofMillis(9_001));
    assertThat(cache.get("a", CacheEntriesIT::never)).as("from Redis").isNull();
    assertThat(cache.stats().l2Hits()).isEqualTo(1);
    redis.del(redisKey("a"));
    clock.advance(Duration.ofMillis(9_001));
    assertThat(cache.get("a", key -> "now")).isEqualTo("now");
  }

  @Test
  void spreadsTheEndsOfEntriesMadeTogether() {
    Set<Long> lives = new HashSet<>();
    for (int i = 0; i < 50; i++) {
      cache.put("k" + i, "v");
      long life = redis.pttl(redisKey("k" + i));
      assertThat(life).isBetween(53_000L, 60_000L);
      lives.add(life / 100);
    }
    assertThat(lives).hasSizeGreaterThan(10);
  }

  @Test
  void aTagEndsItsEntriesInBothLevels() {
    cache.getEntry("a", key -> Entry.of("1").withTags("red", "big"));
    cache.getEntry("b", key -> Entry.of("2").withTags("red"));
    cache.getEntry("c", key -> Entry.of("3").withTags("blue"));
    cache.put("d", "4");
    clock.advance(Duration.ofSeconds(11));
    assertThat(cache.getIfPresent("b")).as("a copy read from Redis knows its tags").isEqualTo("2");

    cache.invalidateTag("red");

    assertThat(cache.getIfPresent("a")).isNull();
    assertThat(cache.getIfPresent("b")).isNull();
    assertThat(cache.getIfPresent("c")).isEqualTo("3");
    assertThat(cache.getIfPresent("d")).isEqualTo("4");
    cache.getEntry("a", key -> Entry.of("5").withTags("red", "big"));
    assertThat(cache.getIfPresent("a")).as("later entries of the tag live").isEqualTo("5");
    cache.invalidateTag("big");
    assertThat(cache.getIfPresent("a")).isNull();
    assertThatThrownBy(() -> cache.invalidateTag("")).hasMessageStartingWith("tag: ''");
  }

  @Test
  void aLoadOfATagThatEndsMeanwhileIsNotKept() throws Exception { // I1, F3, L3
    for (Runnable end : List.<Runnable>of(() -> cache.invalidateTag("t"), cache::clear)) {
      String value =
          cache.getEntry(
              "a",
              key -> {
                end.run();
                return Entry.of("old").withTags("t");
              });
      assertThat(value).isEqualTo("old");
      assertThat(cache.getIfPresent("a")).isNull();
      assertThat(redis.exists(redisKey("a"))).isFalse();
    }
  }

  @Test
  void aCallerAfterATagEndedDoesNotJoinAnOlderLoad() throws Exception {
    Cache<String, String> leased = // for the older load keeps its lease
        caches.cache(
            "leased",
            String.class,
            Codec.string(),
            CONFIG.toBuilder().lease(Duration.ofSeconds(4)).build());
    try (SlowLoad slow =
        SlowLoad.of(
            load -> leased.getEntry("a", key -> Entry.of(load.get()).withTags("t")), () -> "old")) {
      leased.invalidateTag("t");

      assertThat(leased.get("a", key -> "new")).isEqualTo("new");
      assertThat(slow.finish()).isEqualTo("old");
      assertThat(leased.get("a", CacheEntriesIT::never)).isEqualTo("new");
    }
  }

  @Test
  void clearEndsEverythingAndNothingElse() {
    Cache<String, String> other = caches.cache("other", String.class, Codec.string(), CONFIG);
    other.put("a", "kept");
    assertThat(other.getIfPresent("a")).isEqualTo("kept");
    assertThat(caches.stats())
        .as("of both")
        .extracting(
            CacheStats::l1Hits,
            CacheStats::l2Hits,
            CacheStats::misses,
            CacheStats::loads,
            CacheStats::loadFailures,
            CacheStats::redisFailures)
        .containsExactly(1L, 0L, 0L, 0L, 0L, 0L);
    for (int i = 0; i < 200; i++) {
      cache.put("k" + i, "v");
    }
    cache.clear();

    for (int i = 0; i < 200; i++) {
      assertThat(cache.getIfPresent("k" + i)).isNull();
    }
    assertThat(other.getIfPresent("a")).isEqualTo("kept");
    cache.put("k1", "again");
    assertThat(cache.getIfPresent("k1")).isEqualTo("again");
  }

  @Test
  void lostMarksEndEntriesAndNeverReviveThem() { // L3
    cache.putEntry("a", Entry.of("old").withTags("t"));
    cache.invalidateTag("t");
    for (int partition = 0; partition < 64; partition++) { // as an eviction would
      redis.del(CacheIT.keysOf(prefix, "names").partitionKey("marks", partition));
    }
    assertThat(cache.getIfPresent("a")).isNull();
    assertThat(cache.get("a", key -> "new")).isEqualTo("new");
  }

  @Test
  void tooManyTagsEndThePartitionInsteadOfGrowing() {
    byte[] marks = CacheIT.keysOf(prefix, "names").partitionKey("marks", 0);
    redis.hset(marks, "g".getBytes(UTF_8), "generation-16-by".getBytes(UTF_8));
    for (int i = 0; i < 10_000; i++) {
      redis.hset(marks, ("ttag" + i).getBytes(UTF_8), "1".getBytes(UTF_8));
    }
    cache.invalidateTag("one-more");
    assertThat(redis.exists(marks)).isFalse();
  }

  @Test
  void getsManyKeysWithOneLoad() {
    cache.put("a", "in both");
    cache.put("b", "in Redis");
    clock.advance(Duration.ofSeconds(11));
    cache.getIfPresent("a");

    Map<String, String> values = cache.getAll(List.of("c", "a", "b", "d", "c"), this::loadAll);

    assertThat(values)
        .containsExactly(
            Map.entry("c", "c loaded"), Map.entry("a", "in both"), Map.entry("b", "in Redis"));
    assertThat(loaded).as("d has no value").containsExactly(Set.of("c", "d"));
    assertThat(cache.getAll(List.of("a", "b", "c", "d"), this::loadAll)).hasSize(3);
    assertThat(loaded).as("all kept, the absence of d too").hasSize(1);
    assertThat(cache.stats())
        .extracting(
            CacheStats::l1Hits,
            CacheStats::l2Hits,
            CacheStats::misses,
            CacheStats::loads,
            CacheStats::loadFailures,
            CacheStats::redisFailures)
        .containsExactly(5L, 2L, 2L, 1L, 0L, 0L);
    assertThat(cache.getAll(List.of(), this::loadAll)).isEmpty();
  }

  @Test
  void getsAHundredKeysHalfOfThemLocalInOneRoundTrip() {
    Set<String> keys = IntStream.range(0, 100).mapToObj(i -> "k" + i).collect(Collectors.toSet());
    cache.getAll(keys, missing -> missing.stream().collect(Collectors.toMap(k -> k, k -> "v")));
    clock.advance(Duration.ofSeconds(11));
    IntStream.range(0, 50).forEach(i -> cache.getIfPresent("k" + i));

    long before = ServerCalls.of(redis, "evalsha");
    assertThat(cache.getAll(keys, this::loadAll)).hasSize(100);
    assertThat(ServerCalls.of(redis, "evalsha") - before)
        .as("one script for each other key, in one pipeline")
        .isEqualTo(50);
    assertThat(loaded).isEmpty();
  }

  @Test
  void aCallOfAnySizeGoesInPortionsAndClearsNothing() {
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      keys.add("many" + i);
    }
    cache.put("other", "stays");
    assertThat(cache.getAll(keys, this::loadAll)).hasSize(20_000);
    cache.invalidateAll(keys);
    assertThat(caches.unsentInvalidations()).isZero();
    assertThat(caches.health().redisAvailable()).isTrue();
    assertThat(cache.getIfPresent("other")).isEqualTo("stays");
    assertThat(cache.getIfPresent("many19999")).isNull();
    assertThat(cache.stats().redisFailures()).isZero();
  }

  @Test
  void aFailedBulkLoadReachesTheCallerAndGivesItsLeasesBack() {
    RuntimeException failure = new IllegalStateException("database is down");
    assertThatThrownBy(
            () ->
                cache.getAll(
                    List.of("a", "b"),
                    keys -> {
                      throw failure;
                    }))
        .isSameAs(failure);
    assertThat(redis.exists(redisKey("a"), redisKey("b"))).isZero();
    assertThat(cache.getAll(List.of("a", "b"), this::loadAll)).hasSize(2);

    Cache<String, String> small =
        caches.cache(
            "small", String.class, Codec.string(), CacheConfig.builder().maxValueBytes(8).build());
    assertThat(small.getAll(List.of("a", "b"), keys -> Map.of("a", "fits", "b", "much longer")))
        .containsEntry("b", "much longer");
    assertThat(small.getIfPresent("a")).as("kept").isEqualTo("fits");
    assertThat(small.getIfPresent("b")).as("served and not kept").isNull();
    assertThat(small.get("b", key -> "short")).as("its lease was given back").isEqualTo("short");
  }

  @Test
  void twoBulkLoadsThatOverlapWaitForEachOtherWithoutADeadlock() throws Exception { // I5
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      for (int round = 0; round < 50; round++) {
        List<Future<Map<String, String>>> all = new ArrayList<>();
        for (int t = 0; t < 8; t++) {
          List<String> keys = new ArrayList<>();
          for (int i = 0; i < 10; i++) {
            keys.add("r" + round + "-" + (t + i) % 12);
          }
          if (t % 2 == 1) {
            java.util.Collections.reverse(keys);
          }
          all.add(
              threads.submit(
                  () ->
                      cache.getAll(
                          keys,
                          missing ->
                              missing.stream().collect(Collectors.toMap(k -> k, k -> "v" + k)))));
        }
        for (Future<Map<String, String>> values : all) {
          assertThat(values.get(20, SECONDS)).hasSize(10);
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aKeyWithoutATextLeavesTheOtherKeysAlone() {
    Cache<String, String> picky =
        caches.cache(
            "picky",
            key -> {
              if (key.equals("bad")) {
                throw new IllegalArgumentException("no text");
              }
              return key;
            },
            Codec.string(),
            CONFIG);
    assertThatThrownBy(() -> picky.getAll(List.of("good", "bad"), this::loadAll))
        .hasMessage("no text");
    assertThat(picky.get("good", key -> "loaded")).as("nobody hangs on it").isEqualTo("loaded");
    assertThat(loaded).isEmpty();
  }

  @Test
  void invalidatesManyKeysInOneRoundTrip() {
    cache.put("a", "1");
    cache.put("b", "2");
    cache.put("c", "3");
    cache.invalidateAll(List.of("a", "b"));

    assertThat(cache.getIfPresent("a")).isNull();
    assertThat(cache.getIfPresent("b")).isNull();
    assertThat(cache.getIfPresent("c")).isEqualTo("3");
    cache.invalidateAll(List.of());
  }

  @Test
  void anAbsentEntryPutIsKeptOrIsAnInvalidation() {
    cache.put("a", "v");
    cache.putEntry("a", Entry.absent());
    assertThat(cache.get("a", CacheEntriesIT::never)).isNull();

    Cache<String, String> plain =
        caches.cache("plain", String.class, Codec.string(), CacheConfig.defaults());
    plain.put("a", "v");
    plain.putEntry("a", Entry.absent());
    assertThat(plain.get("a", key -> "loaded")).isEqualTo("loaded");
  }

  private Map<String, String> loadAll(Set<String> keys) {
    loaded.add(Set.copyOf(keys));
    return keys.stream()
        .filter(key -> !key.equals("d"))
        .collect(Collectors.toMap(key -> key, key -> key + " loaded"));
  }

  private String redisKey(String key) {
    return CacheIT.redisKeyOf(prefix, "names", key);
  }

  private static String never(String key) {
    throw new AssertionError("the loader of " + key + " was not to run");
  }
}
