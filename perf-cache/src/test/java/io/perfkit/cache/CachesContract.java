package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.cache.behind.WriteBehind;
import io.perfkit.redis.Codec;
import io.perfkit.testing.Await;
import java.io.IOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What caches do on one node, on Redis or without. */
abstract class CachesContract {
  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private final AtomicInteger loads = new AtomicInteger();
  private Caches caches;
  private Cache<String, String> cache;

  abstract Caches open();

  @BeforeEach
  void begin() {
    caches = open();
    Await.until("subscribed", DEADLINE, caches::subscribed);
    cache = cache("names", CacheConfig.defaults());
  }

  @AfterEach
  void end() {
    caches.close();
  }

  private Cache<String, String> cache(String name, CacheConfig config) {
    return caches.cache(name, String.class, Codec.string(), config);
  }

  private String load(String key) {
    return key + loads.incrementAndGet();
  }

  @Test
  void loadsOnceAndServesUntilItIsInvalidated() {
    assertThat(cache.get("a", this::load)).isEqualTo("a1");
    assertThat(cache.get("a", this::load)).isEqualTo("a1");
    assertThat(cache.get("a", this::load, ReadPolicy.VERIFY)).isEqualTo("a1");
    cache.invalidate("a");
    assertThat(cache.getIfPresent("a")).isNull();
    assertThat(cache.get("a", this::load)).isEqualTo("a2");
    cache.put("a", "put");
    assertThat(cache.get("a", this::load)).isEqualTo("put");
    assertThat(cache.get("a", this::load, ReadPolicy.VERIFY)).isEqualTo("put");
    assertThat(cache.stats().loads()).isEqualTo(2);
  }

  @Test
  void refreshesAKey() {
    assertThat(cache.get("a", this::load)).isEqualTo("a1");
    assertThat(cache.refresh("a", this::load)).isEqualTo("a2");
    assertThat(cache.get("a", this::load)).isEqualTo("a2");
  }

  @Test
  void endsEntriesByTagAndAltogether() {
    cache.getEntry("a", key -> Entry.of(load(key)).withTags("red", "big"));
    cache.getEntry("b", key -> Entry.of(load(key)).withTags("blue"));
    cache.invalidateTag("red");
    assertThat(cache.getIfPresent("a")).isNull();
    assertThat(cache.getIfPresent("b")).isEqualTo("b2");
    cache.getEntry("a", key -> Entry.of(load(key)).withTags("red"));
    assertThat(cache.getIfPresent("a")).as("loaded after its tag ended").isEqualTo("a3");
    cache.clear();
    assertThat(cache.getIfPresent("a")).isNull();
    assertThat(cache.getIfPresent("b")).isNull();
  }

  @Test
  void keepsNoLoadThatAnInvalidationOrATagOvertook() {
    cache.get(
        "a",
        key -> {
          cache.invalidate("a");
          return "old";
        });
    assertThat(cache.get("a", this::load)).isEqualTo("a1");
    cache.getEntry(
        "b",
        key -> {
          cache.invalidateTag("t");
          return Entry.of("old").withTags("t");
        });
    assertThat(cache.get("b", this::load)).isEqualTo("b2");
    cache.get(
        "c",
        key -> {
          cache.put("c", "put meanwhile");
          return "old";
        });
    assertThat(cache.get("c", this::load)).isEqualTo("put meanwhile");
  }

  @Test
  void loadsOfManyKeysJustWhatIsMissing() {
    cache.put("b", "put");
    Map<String, String> all =
        cache.getAll(
            List.of("a", "b", "c"),
            missing -> {
              assertThat(missing).containsExactly("a", "c");
              return Map.of("a", "1");
            });
    assertThat(all).containsOnly(Map.entry("a", "1"), Map.entry("b", "put"));
    assertThat(cache.getIfPresent("a")).isEqualTo("1");
  }

  @Test
  void keepsWhatHasNoValueAndKeepsNothingThatIsNotToBeKept() {
    Cache<String, String> absent =
        cache("absent", CacheConfig.builder().absentTtl(Duration.ofMinutes(1)).build());
    assertThat(absent.get("a", key -> null)).isNull();
    assertThat(absent.get("a", this::load)).isNull();
    assertThat(cache.getEntry("a", key -> Entry.of("v").unkept())).isEqualTo("v");
    assertThat(cache.get("a", this::load)).isEqualTo("a1");
  }

  @Test
  void entriesExpire() {
    Cache<String, String> brief =
        cache(
            "brief",
            CacheConfig.builder().l1Ttl(Duration.ofMillis(5)).l2Ttl(Duration.ofMillis(5)).build());
    brief.put("a", "old");
    Await.until("expired", DEADLINE, () -> "new".equals(brief.get("a", key -> "new")));
  }

  @Test
  void aStaleValueServesWhenItsLoadFails() {
    Cache<String, String> tolerant =
        cache(
            "tolerant",
            CacheConfig.builder()
                .l1Ttl(Duration.ofMillis(5))
                .l2Ttl(Duration.ofMillis(5))
                .staleIfError(Duration.ofHours(1))
                .build());
    tolerant.put("a", "stale");
    Await.until(
        "served stale",
        DEADLINE,
        () -> {
          assertThat(
                  tolerant.get(
                      "a",
                      key -> {
                        throw new IllegalStateException("database is down");
                      }))
              .isEqualTo("stale");
          return tolerant.stats().staleServed() > 0;
        });
    tolerant.invalidate("a");
    assertThat(tolerant.get("a", this::load)).as("never after an invalidation").isEqualTo("a1");
  }

  @Test
  void remembersAFailure() {
    Cache<String, String> careful =
        cache(
            "careful",
            CacheConfig.builder()
                .failureTtl(Duration.ofMinutes(1), IllegalStateException.class)
                .build());
    assertThatThrownBy(
            () ->
                careful.get(
                    "a",
                    key -> {
                      throw new IllegalStateException("no");
                    }))
        .hasMessage("no");
    assertThatThrownBy(() -> careful.get("a", this::load)).isInstanceOf(RememberedFailure.class);
    careful.invalidate("a");
    assertThat(careful.get("a", this::load)).isEqualTo("a1");
  }

  @Test
  void callersOfOneKeyShareALoad() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    CountDownLatch arrived = new CountDownLatch(8);
    try {
      List<Future<String>> all = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        all.add(
            threads.submit(
                () -> {
                  arrived.countDown();
                  arrived.await();
                  return cache.get("a", this::load);
                }));
      }
      for (Future<String> value : all) {
        assertThat(value.get(20, SECONDS)).isEqualTo("a1");
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void manyKeysOfManyThreadsAreNeverMixedUp() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<Boolean>> all = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        int seed = t;
        all.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 300; i++) {
                    String key = "k" + (i * 7 + seed) % 20;
                    if (i % 5 == 0) {
                      cache.invalidate(key);
                    }
                    String value = cache.get(key, k -> "of " + k);
                    if (!("of " + key).equals(value)) {
                      return false;
                    }
                  }
                  return true;
                }));
      }
      for (Future<Boolean> right : all) {
        assertThat(right.get(60, SECONDS)).isTrue();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void pendingStagesAreSharedAndBlockNoThread() {
    CompletableFuture<String> database = new CompletableFuture<>();
    List<CompletableFuture<String>> pending = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      pending.add(
          cache
              .getAsync(
                  "k" + i % 10,
                  key -> {
                    loads.incrementAndGet();
                    return database;
                  })
              .toCompletableFuture());
    }
    assertThat(pending).noneMatch(CompletableFuture::isDone);
    assertThat(loads).hasValue(10);
    database.complete("v");
    assertThat(pending.stream().map(CompletableFuture::join).collect(Collectors.toSet()))
        .containsExactly("v");
    assertThat(cache.getAsync("k1", key -> database).toCompletableFuture())
        .isCompletedWithValue("v");
  }

  @Test
  void tenThousandPendingGetsOnFourThreadsBlockNone() throws Exception {
    int gets = 10_000;
    CompletableFuture<String> database = new CompletableFuture<>();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      Queue<CompletableFuture<String>> pending = new ConcurrentLinkedQueue<>();
      List<Future<Boolean>> calls = new ArrayList<>(gets);
      for (int i = 0; i < gets; i++) {
        String key = "k" + i;
        calls.add(
            threads.submit(
                () ->
                    pending.add(
                        cache
                            .getAsync(key, k -> database.thenApply(v -> v + " of " + k))
                            .toCompletableFuture())));
      }
      for (Future<Boolean> call : calls) {
        assertThat(call.get(60, SECONDS)).as("returned, though nothing is loaded").isTrue();
      }
      assertThat(pending).hasSize(gets).noneMatch(CompletableFuture::isDone);
      assertThat(threads.submit(() -> "free").get(60, SECONDS)).isEqualTo("free");
      database.complete("v");
      Set<String> answers = new HashSet<>();
      for (CompletableFuture<String> answer : pending) {
        answers.add(answer.get(60, SECONDS));
      }
      assertThat(answers).hasSize(gets).contains("v of k0", "v of k9999");
    } finally {
      threads.shutdownNow();
    }
  }

  /** What a listener heard, each as {@code key=value cause}. */
  private Queue<String> heard(Cache<String, String> of) {
    Queue<String> heard = new ConcurrentLinkedQueue<>();
    of.onRemoval((key, value, cause) -> heard.add(key + "=" + value + " " + cause));
    return heard;
  }

  @Test
  void tellsAListenerWhatLeavesAndWhy() {
    Queue<String> heard = heard(cache);
    cache.put("a", "1");
    cache.put("a", "2");
    cache.invalidate("a");
    cache.get("b", key -> "3");
    cache.refresh("b", key -> "4");
    cache.getEntry("c", key -> Entry.of("5").withTags("red"));
    cache.invalidateTag("red");
    cache.get("c", key -> "6");
    cache.put("d", "7");
    cache.clear();
    Await.until(
        "all is told",
        DEADLINE,
        () ->
            List.copyOf(heard)
                .containsAll(
                    List.of(
                        "a=1 REPLACED",
                        "a=2 INVALIDATED",
                        "b=3 INVALIDATED",
                        "c=5 INVALIDATED",
                        "b=4 INVALIDATED",
                        "c=6 INVALIDATED",
                        "d=7 INVALIDATED")));
    assertThat(heard).as("each once").hasSize(7);
    assertThatThrownBy(() -> cache.onRemoval((key, value, cause) -> {}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("there is one already");
  }

  @Test
  void tellsWhatIsEvictedAndWhatTheCloseLeaves() {
    Cache<String, String> small =
        caches.cache(
            "small",
            String.class,
            Codec.string(),
            CacheConfig.builder().maxEntries(10).l1Ttl(Duration.ofMinutes(1)).build());
    Queue<String> heard = heard(small);
    for (int i = 0; i < 100; i++) {
      small.put("k" + i, "v" + i);
    }
    Await.until("evicted", DEADLINE, () -> heard.stream().anyMatch(one -> one.endsWith(" SIZE")));
    caches.close();
    Await.until("each is told", DEADLINE, () -> heard.size() >= 100);
    assertThat(heard.stream().map(one -> one.substring(0, one.indexOf(' '))))
        .as("once")
        .containsExactlyInAnyOrderElementsOf(
            IntStream.range(0, 100).mapToObj(i -> "k" + i + "=v" + i).toList());
  }

  @Test
  void aListenerThatThrowsOrIsSlowHoldsNobodyUp() {
    CountDownLatch mayGoOn = new CountDownLatch(1);
    Queue<String> heard = new ConcurrentLinkedQueue<>();
    cache.onRemoval(
        (key, value, cause) -> {
          SlowLoad.awaitQuietly(mayGoOn);
          heard.add(value);
          throw new IllegalStateException("a listener's fault");
        });
    for (int i = 0; i < 5; i++) {
      cache.put("a", "v" + i);
      assertThat(cache.getIfPresent("a")).isEqualTo("v" + i);
    }
    mayGoOn.countDown();
    Await.until(
        "told all the same", DEADLINE, () -> heard.containsAll(List.of("v0", "v1", "v2", "v3")));
  }

  @Test
  void everyValueOfManyThreadsIsToldOnceOrHeld() throws Exception {
    Cache<Integer, Long> busy =
        caches.cache(
            "busy", Integer.class, Codec.longs(), CacheConfig.builder().maxEntries(50).build());
    Map<Long, AtomicInteger> told = new ConcurrentHashMap<>();
    busy.onRemoval(
        (key, value, cause) ->
            told.computeIfAbsent(value, one -> new AtomicInteger()).incrementAndGet());
    Set<Long> put = ConcurrentHashMap.newKeySet();
    int callers = 4;
    ExecutorService threads = Executors.newFixedThreadPool(callers);
    try {
      List<Future<?>> runs = new ArrayList<>();
      for (int caller = 0; caller < callers; caller++) {
        int seed = caller;
        runs.add(
            threads.submit(
                () -> {
                  Random random = new Random(seed);
                  for (int i = 0; i < 500; i++) {
                    int key = random.nextInt(100);
                    long value = seed * 1_000L + i;
                    if (random.nextInt(4) == 0) {
                      busy.invalidate(key);
                    } else {
                      put.add(value);
                      busy.put(key, value);
                    }
                  }
                }));
      }
      for (Future<?> run : runs) {
        run.get(60, SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
    caches.close(); // tells what is held
    assertThat(told)
        .as("nothing twice")
        .isNotEmpty()
        .allSatisfy((value, n) -> assertThat(n).hasValue(1));
    assertThat(put).containsAll(told.keySet());
  }

  @Test
  void aDeadlineMayBeForEver() throws Exception {
    Duration forever = ChronoUnit.FOREVER.getDuration();
    ReadThrough<String, String> reads = ReadThrough.of(cache, this::load);
    assertThat(reads.warm(List.of("a", "b"), Runnable::run, forever).loaded()).isEqualTo(2);
    HotKeys<String, String> hot = caches.hotKeys(reads, key -> key, HotKeysConfig.defaults());
    assertThat(hot.reload(Runnable::run, forever).complete()).isTrue();
    List<Write<String, String>> written = new CopyOnWriteArrayList<>();
    WriteBehind<String, String> behind =
        WriteBehind.create(caches, reads, written::addAll, (write, why) -> {});
    behind.put("a", "v");
    assertThat(behind.close(forever)).isEmpty();
    assertThat(written).hasSize(1);
  }

  @Test
  void aLoaderMayThrowACheckedException() {
    assertThatThrownBy(
            () ->
                cache.getChecked(
                    "a",
                    key -> {
                      throw new IOException("no file");
                    }))
        .isInstanceOf(IOException.class)
        .hasMessage("no file");
  }

  @Test
  void readsAndWritesThroughAndBehind() {
    ReadThrough<String, String> reads = ReadThrough.of(cache, this::load);
    assertThat(reads.get("a")).isEqualTo("a1");
    List<Write<String, String>> written = new ArrayList<>();
    WriteThrough.<String, String>of(cache, written::addAll).put("a", "v");
    assertThat(written).containsExactly(Write.put("a", "v"));
    assertThat(reads.get("a")).isEqualTo("a2");
    try (WriteBehind<String, String> behind =
        WriteBehind.create(caches, reads, writes -> {}, (write, why) -> {})) {
      assertThat(behind.health().healthy()).isTrue();
      behind.put("a", "later");
      assertThat(behind.get("a")).isIn("later", "a3");
    }
  }

  @Test
  void closesEachAttachedPartOnceWhileItCanStillInvalidate() {
    List<String> closed = new ArrayList<>();
    caches.attach(
        "broken",
        () -> {
          closed.add("broken");
          throw new IOException("of a part");
        });
    caches.attach(
        "writer",
        () -> {
          cache.invalidate("a");
          closed.add("writer");
        });
    assertThatThrownBy(() -> caches.attach("writer", () -> {}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("name: writer (expected: one that is not attached to Caches[");

    caches.close();
    caches.close();

    assertThat(closed).containsExactlyInAnyOrder("broken", "writer");
    assertThatThrownBy(() -> caches.attach("late", () -> {}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("closed: Caches[");
  }

  @Test
  void findsCachesByNameAndSaysThatItIsClosed() {
    assertThat(caches.getCache("names")).containsSame(cache);
    assertThat(caches.getCache("other")).isEmpty();
    assertThat(caches.cacheNames()).containsExactly("names");
    assertThatThrownBy(() -> cache("names", CacheConfig.defaults()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("name: 'names' (expected: a name not taken yet)");
    caches.close();
    assertThatThrownBy(() -> cache("late", CacheConfig.defaults()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("closed: Caches[");
    assertThatThrownBy(() -> caches.shared())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("closed: Caches[");
  }

  @Test
  void everyEntryPointSaysThatItIsClosed() {
    cache.get("1", key -> "held");
    ReadThrough<String, String> reads = ReadThrough.of(cache, key -> "loaded");
    caches.close();
    assertThat(caches.closed()).isTrue();
    List<Runnable> calls =
        List.of(
            () -> cache.get("1", key -> "loaded"),
            () -> cache.get("2", key -> "loaded"),
            () -> cache.get("1", key -> "loaded", ReadPolicy.VERIFY),
            () -> cache.getAsync("1", key -> CompletableFuture.completedFuture("loaded")),
            () -> cache.getIfPresent("1"),
            () -> cache.getAll(List.of("1", "2"), keys -> Map.of()),
            () -> cache.refresh("1", key -> "loaded"),
            () -> cache.put("1", "put"),
            () -> cache.invalidate("1"),
            () -> cache.invalidateTag("tag"),
            () -> cache.clear(),
            () -> reads.get("1"),
            () -> caches.hotKeys(reads, text -> text, HotKeysConfig.defaults()),
            () -> WriteBehind.create(caches, reads, changes -> {}, (write, reason) -> {}));
    for (int i = 0; i < calls.size(); i++) {
      Runnable call = calls.get(i);
      assertThatThrownBy(call::run)
          .as("call %d", i)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("closed");
    }
  }
}
