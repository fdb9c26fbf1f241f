package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.Await;
import io.perfkit.testing.FakeClock;
import io.perfkit.testing.RedisProcess;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

final class WarmingIT {
  private static final Duration DEADLINE = NodesContract.DEADLINE;
  private static final String SNAPSHOT = "test:{names}:v1:hot:keys";

  private final RedisProcess server = RedisProcess.start();
  private final RedisClient redis =
      RedisClient.create(server.address().getHost(), server.address().getPort());
  private final FakeClock clock = FakeClock.startingAt(Instant.EPOCH);
  private final ExecutorService executor = Executors.newFixedThreadPool(8);
  private final AtomicInteger calls = new AtomicInteger();
  private final Caches caches = node();
  private final Cache<Long, String> cache = cache(caches);
  private final ReadThrough<Long, String> names = ReadThrough.ofAll(cache, this::load);

  private Caches node() {
    return Caches.builder(redis, "test")
        .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
        .nanos(clock.nanos())
        .build();
  }

  private static Cache<Long, String> cache(Caches caches) {
    Await.until("subscribed", DEADLINE, caches::subscribed);
    return caches.cache("names", Long.class, Codec.string(), CacheConfig.defaults());
  }

  @AfterEach
  void close() {
    executor.shutdownNow();
    caches.close();
    redis.close();
    server.close();
  }

  /** Odd keys have no value. */
  private Map<Long, String> load(Set<Long> keys) {
    calls.incrementAndGet();
    Map<Long, String> found = new HashMap<>();
    keys.stream().filter(key -> key % 2 == 0).forEach(key -> found.put(key, "name-" + key));
    return found;
  }

  private static List<Long> keys(int count) {
    return LongStream.range(0, count).boxed().toList();
  }

  @Test
  void loadsWhatIsAbsentInChunksAndTellsWhatBecameOfEachKey() {
    IntStream.range(0, 20).forEach(i -> cache.put((long) i, "put"));
    WarmReport report = names.warm(keys(250));

    assertThat(report).isEqualTo(new WarmReport(20, 115, 115, 0, 0));
    assertThat(report.complete()).isTrue();
    assertThat(calls).as("one load for each chunk").hasValue(3);
    long before = ServerCalls.ofScripts(redis);
    assertThat(cache.getIfPresent(248L)).isEqualTo("name-248");
    assertThat(ServerCalls.ofScripts(redis)).as("it is in L1").isEqualTo(before);
    assertThat(names.warm(List.of())).isEqualTo(WarmReport.NOTHING);
  }

  @Test
  void runsAFewChunksAtATime() {
    AtomicInteger together = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    ReadThrough<Long, String> slow =
        ReadThrough.ofAll(
            cache,
            keys -> {
              most.accumulateAndGet(together.incrementAndGet(), Math::max);
              Map<Long, String> loaded = load(keys);
              together.decrementAndGet();
              return loaded;
            });
    WarmReport report = slow.warm(keys(2_000), executor, DEADLINE);
    assertThat(report).isEqualTo(new WarmReport(0, 1_000, 1_000, 0, 0));
    assertThat(most.get()).isLessThanOrEqualTo(Warming.TOGETHER_MAX);
  }

  @Test
  void aChunkThatFailsIsReportedAndTheOthersGoOn() {
    ReadThrough<Long, String> broken =
        ReadThrough.ofAll(
            cache,
            keys -> {
              if (keys.contains(150L)) {
                throw new IllegalStateException("the database says no");
              }
              return load(keys);
            });
    assertThat(broken.warm(keys(300))).isEqualTo(new WarmReport(0, 100, 100, 100, 0));
  }

  @Test
  void aLoaderThatHangsIsLeftAtTheDeadline() {
    CountDownLatch never = new CountDownLatch(1);
    ReadThrough<Long, String> hanging =
        ReadThrough.ofAll(
            cache,
            keys -> {
              SlowLoad.awaitQuietly(never);
              return Map.of();
            });
    WarmReport report = hanging.warm(keys(1_000), executor, Duration.ofMillis(100));
    assertThat(report).isEqualTo(new WarmReport(0, 0, 0, 0, 1_000));
    assertThat(report.complete()).isFalse();
  }

  @Test
  void anExecutorThatTakesNothingLeavesEverything() {
    WarmReport report =
        names.warm(
            keys(10),
            task -> {
              throw new RejectedExecutionException("full");
            },
            Duration.ofMillis(10));
    assertThat(report.left()).isEqualTo(10);
  }

  @Test
  void aNodeThatStartsLoadsTheHottestKeysOfThoseBefore() {
    // More than half full, for Caffeine keeps no account of use before.
    CacheConfig small = CacheConfig.builder().maxEntries(100).build();
    Cache<Long, String> before = caches.cache("hot", Long.class, Codec.string(), small);
    ReadThrough<Long, String> namesBefore = ReadThrough.ofAll(before, this::load);
    for (long key = 0; key < 140; key += 2) {
      namesBefore.get(key);
    }
    Await.until( // Caffeine takes note of reads a little later, and not of all
        "42 is hot",
        DEADLINE,
        () -> {
          for (int i = 0; i < 100; i++) {
            namesBefore.get(42L);
          }
          return before.hottest(10).contains(42L);
        });
    hotKeys(caches, namesBefore, 10).save();
    assertThat(redis.pttl("test:{hot}:v1:hot:keys")).isBetween(1L, Duration.ofDays(1).toMillis());
    before.clear(); // also from Redis: the next node has to load them

    calls.set(0);
    try (Caches next = node()) {
      Await.until("subscribed", DEADLINE, next::subscribed);
      Cache<Long, String> after = next.cache("hot", Long.class, Codec.string(), small);
      ReadThrough<Long, String> namesAfter = ReadThrough.ofAll(after, this::load);
      WarmReport report = hotKeys(next, namesAfter, 10).reload(executor, DEADLINE);
      assertThat(report).isEqualTo(new WarmReport(0, 10, 0, 0, 0));
      assertThat(after.getIfPresent(42L)).isEqualTo("name-42");
      assertThat(calls).hasValue(1);
    }
  }

  private static HotKeys<Long, String> hotKeys(
      Caches caches, ReadThrough<Long, String> reads, int max) {
    return caches.hotKeys(reads, Long::valueOf, HotKeysConfig.builder().maxKeys(max).build());
  }

  @Test
  void savesInTheBackgroundAndWhenTheCachesClose() {
    HotKeys<Long, String> unused = hotKeys(caches, names, 10);
    names.get(2L);
    clock.advance(Duration.ofSeconds(59));
    assertThat(redis.exists(SNAPSHOT)).isFalse();
    clock.advance(Duration.ofSeconds(2));
    Await.until("saved", DEADLINE, () -> redis.exists(SNAPSHOT));

    redis.del(SNAPSHOT);
    caches.close();
    assertThat(redis.exists(SNAPSHOT)).isTrue();
  }

  @Test
  void aShortSnapshotDoesNotReplaceAMuchLongerOne() {
    HotKeys<Long, String> hot = hotKeys(caches, names, 100);
    for (long key = 0; key < 20; key += 2) {
      names.get(key);
    }
    hot.save();
    long length = redis.strlen(SNAPSHOT);
    cache.clear();
    names.get(2L);
    hot.save();
    assertThat(redis.strlen(SNAPSHOT)).as("as a node that has just started").isEqualTo(length);
    cache.clear();
    hot.save();
    assertThat(redis.strlen(SNAPSHOT)).as("and nothing replaces nothing").isEqualTo(length);
  }

  @Test
  void startsColdWhereTheSnapshotCannotBeReadOrUsed() {
    HotKeys<Long, String> hot = hotKeys(caches, names, 10);
    assertThat(hot.reload(executor, DEADLINE)).as("none").isEqualTo(WarmReport.NOTHING);

    redis.set(
        SNAPSHOT.getBytes(StandardCharsets.UTF_8),
        "00000003\0\1x\0\0022x\0\0012\77\77cut".getBytes(StandardCharsets.ISO_8859_1));
    assertThat(hot.reload(executor, DEADLINE))
        .as("one of the texts is a key")
        .isEqualTo(new WarmReport(0, 1, 0, 0, 0));

    redis.del(SNAPSHOT);
    redis.lpush(SNAPSHOT, "foreign");
    assertThat(hot.reload(executor, DEADLINE)).isEqualTo(WarmReport.NOTHING);
    names.get(2L);
    hot.save();
    assertThat(hot.reload(executor, DEADLINE).present()).as("overwritten").isEqualTo(1);
  }

  @Test
  void aRedisThatIsDownIsNotInTheWay() {
    try (RedisClient another = RedisClient.create(server.address());
        Caches hasty =
            Caches.builder(another, "test")
                .guard(GuardConfig.defaults().withBudget(Duration.ofMillis(100)))
                .build()) {
      HotKeys<Long, String> hot = hotKeys(hasty, ReadThrough.ofAll(cache(hasty), this::load), 10);
      server.kill();
      assertThat(hot.reload(executor, DEADLINE)).isEqualTo(WarmReport.NOTHING);
      hot.save();
      server.restart();
    }
  }

  @Test
  void refusesSettingsThatCannotBe() {
    assertThatThrownBy(() -> HotKeysConfig.builder().maxKeys(10_001).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxKeys: 10001 (expected: 1 to 10000)");
    assertThatThrownBy(() -> HotKeysConfig.builder().saveEvery(Duration.ofMillis(1)).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("saveEvery: PT0.001S (expected: >= 1 s)");
    assertThatThrownBy(
            () ->
                HotKeysConfig.builder()
                    .saveEvery(Duration.ofSeconds(2))
                    .keptFor(Duration.ofSeconds(1))
                    .build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("keptFor: PT1S (expected: >= saveEvery PT2S)");
  }
}
