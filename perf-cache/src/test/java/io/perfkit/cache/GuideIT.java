package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.cache.behind.WriteBehind;
import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.RedisGuard;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** The Java of README.md and docs/guide/cache.md, run. */
@RealRedis
final class GuideIT {
  record Profile(long id, String name) {}

  record MarketPage(List<String> titles) {}

  private static final class Database {
    final AtomicInteger loads = new AtomicInteger();
    final Queue<Write<Long, Profile>> saved = new ConcurrentLinkedQueue<>();
    volatile CountDownLatch maySave = new CountDownLatch(0);

    Profile loadProfile(long id) {
      loads.incrementAndGet();
      return new Profile(id, "user-" + id);
    }

    CompletionStage<Profile> profileLater(long id) {
      return CompletableFuture.completedFuture(loadProfile(id));
    }

    Profile readProfile(long id) throws IOException {
      return loadProfile(id);
    }

    void save(List<Write<Long, Profile>> changes) {
      SlowLoad.awaitQuietly(maySave);
      saved.addAll(changes);
    }

    Map<Long, Profile> loadProfiles(Set<Long> ids) {
      return ids.stream().collect(Collectors.toMap(id -> id, id -> loadProfile(id)));
    }
  }

  private final RedisClient redis;
  private final Database database = new Database();

  /** While it is open all caches of the client have its budget, which a busy machine keeps. */
  private final RedisGuard patient;

  GuideIT(TestRedis server) {
    redis = server.client();
    patient =
        RedisGuard.builder(redis)
            .config(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
            .build();
  }

  @AfterEach
  void close() {
    patient.close();
  }

  @Test
  void fiveLines() {
    Caches caches = Caches.create(redis, "shop");
    Cache<Long, Profile> profiles =
        caches.cache("profiles", Long.class, Codec.json(Profile.class), CacheConfig.defaults());
    Profile profile = profiles.get(42L, id -> database.loadProfile(id));
    profiles.invalidate(42L); // after the change is committed: gone from Redis and from every node

    assertThat(profile).isEqualTo(new Profile(42, "user-42"));
    assertThat(profiles.getIfPresent(42L)).isNull();
    assertThat(database.loads).hasValue(1);
    caches.close();
  }

  @Test
  void manyKeysLivesAndTags() {
    try (Caches caches = Caches.create(redis, "guide")) {
      Cache<Long, Profile> profiles =
          caches.cache("profiles", Long.class, Codec.json(Profile.class), CacheConfig.defaults());
      profiles.clear();

      Map<Long, Profile> found =
          profiles.getAll(List.of(1L, 2L, 3L), ids -> database.loadProfiles(ids));

      assertThat(found).containsOnlyKeys(1L, 2L, 3L);
      Profile tagged =
          profiles.getEntry(
              42L,
              id ->
                  Entry.of(database.loadProfile(id))
                      .withTtl(Duration.ofMinutes(5))
                      .withTags("team:blue"));
      profiles.invalidateTag("team:blue");

      assertThat(tagged.id()).isEqualTo(42);
      assertThat(profiles.getIfPresent(42L)).isNull();
      assertThat(profiles.getIfPresent(1L)).isNotNull();
    }
  }

  @Test
  void readingAndWritingThroughAndBehind() {
    Queue<Write<Long, Profile>> deadLetters = new ConcurrentLinkedQueue<>();
    try (Caches caches = Caches.create(redis, "guide")) {
      Cache<Long, Profile> cache =
          caches.cache("profiles", Long.class, Codec.json(Profile.class), CacheConfig.defaults());
      cache.clear();

      ReadThrough<Long, Profile> profiles = ReadThrough.of(cache, id -> database.loadProfile(id));
      WriteThrough<Long, Profile> writes =
          WriteThrough.of(cache, changes -> database.save(changes));

      writes.put(42L, new Profile(42, "Ada"));
      Profile profile = profiles.get(42L); // loaded: the writer's value is not put into the cache

      assertThat(profile).isEqualTo(new Profile(42, "user-42"));
      assertThat(database.saved).containsExactly(Write.put(42L, new Profile(42, "Ada")));
      database.maySave = new CountDownLatch(1); // not before the write was read while it waits

      WriteBehind<Long, Profile> later =
          WriteBehind.create(
              caches,
              profiles,
              changes -> database.save(changes),
              (write, reason) -> deadLetters.add(write)); // given up; nothing is lost silently

      later.put(42L, new Profile(42, "Grace")); // returns at once
      Profile latest = later.get(42L); // this node reads what it accepted

      database.maySave.countDown();
      assertThat(latest).isEqualTo(new Profile(42, "Grace"));
    }
    assertThat(database.saved).hasSize(2);
    assertThat(deadLetters).isEmpty();
  }

  @Test
  void warmingUp() {
    ExecutorService executor = Executors.newFixedThreadPool(4);
    try (Caches caches = Caches.create(redis, "guide-warm")) {
      Cache<Long, Profile> cache =
          caches.cache("profiles", Long.class, Codec.json(Profile.class), CacheConfig.defaults());
      cache.clear();
      ReadThrough<Long, Profile> profiles = ReadThrough.of(cache, id -> database.loadProfile(id));

      WarmReport report = profiles.warm(List.of(1L, 2L, 3L)); // loads what neither level holds

      HotKeys<Long, Profile> hot =
          caches.hotKeys(profiles, Long::valueOf, HotKeysConfig.defaults()); // saved every minute
      WarmReport atStart = hot.reload(executor, Duration.ofSeconds(5)); // those of the nodes before

      assertThat(report.complete()).isTrue();
      assertThat(atStart.failed()).isZero();
    } finally {
      executor.shutdownNow();
    }
  }

  @Test
  void keysOfAnyKind() {
    try (Caches caches = Caches.create(redis, "guide")) {
      record PageKey(int page, int size) {}

      Cache<PageKey, MarketPage> pages =
          caches.cache(
              "market-pages",
              key -> key.page() + ":" + key.size(),
              Codec.json(MarketPage.class),
              CacheConfig.builder()
                  .l1Ttl(Duration.ofSeconds(5))
                  .l2Ttl(Duration.ofMinutes(5))
                  .build());

      MarketPage page = new MarketPage(List.of("rain"));
      pages.put(new PageKey(1, 20), page);
      assertThat(pages.getIfPresent(new PageKey(1, 20))).isEqualTo(page);
      assertThat(pages.getIfPresent(new PageKey(12, 0))).isNull();
      pages.invalidate(new PageKey(1, 20));
    }
  }

  @Test
  void settings() {
    CacheConfig config =
        CacheConfig.builder()
            .maxEntries(50_000) // copies on this node
            .l1Ttl(Duration.ofMinutes(1)) // and asked about, or loaded again, after that
            .l2Ttl(Duration.ofMinutes(30))
            .maxStaleness(
                Duration.ofSeconds(1)) // the longest that an invalidation elsewhere is missed
            .onRedisDown(OnRedisDown.LOAD) // rather than serve what may be stale
            .lease(Duration.ofSeconds(10)) // a slower load is served, and not stored in Redis
            .compressAboveBytes(2_048)
            .build();

    assertThat(config.compressAboveBytes()).isEqualTo(2_048);
  }

  @Test
  void weighedCopies() {
    try (Caches caches = Caches.create(redis, "guide")) {
      Cache<String, String> texts =
          caches.cache(
              "texts",
              Function.identity(),
              Codec.string(),
              CacheConfig.builder().maxWeight(64 << 20).build(),
              (key, text) -> 2 * text.length());

      texts.put("a", "text");
      assertThat(texts.getIfPresent("a")).isEqualTo("text");
      texts.invalidate("a");
    }
  }

  @Test
  void slowAndFailingLoads() {
    CacheConfig config =
        CacheConfig.builder()
            .l2Ttl(Duration.ofMinutes(5))
            .refreshAhead(0.2) // loads the next value when a fifth of these five minutes is left
            .staleWhileRevalidate(
                Duration.ofMinutes(1)) // then serves the stale one and loads behind it
            .staleIfError(Duration.ofHours(1)) // and if the loader throws, or is slow:
            .loadTimeout(Duration.ofMillis(300), Duration.ofSeconds(5))
            .throttle(Duration.ofSeconds(2)) // until the next attempt, on all nodes
            .failureTtl(
                Duration.ofSeconds(1), IOException.class) // if there is no stale value either
            .build();

    assertThat(config.gracePeriod()).isEqualTo(Duration.ofHours(1));
  }

  @Test
  void collaborators() {
    patient.close();
    MeterRegistry registry = new SimpleMeterRegistry();
    Caches caches =
        Caches.builder(redis, "shop")
            .meterRegistry(registry)
            .guard(GuardConfig.defaults().withBudget(Duration.ofMillis(100)))
            .build();

    Cache<String, String> names =
        caches.cache("names", String.class, Codec.string(), CacheConfig.defaults());
    assertThat(names.get("a", key -> "loaded")).isEqualTo("loaded");
    assertThat(registry.get("perf.cache.loads").tag("result", "success").functionCounter().count())
        .isEqualTo(1);
    names.invalidate("a");
    caches.close();
    assertThat(registry.getMeters()).as("the host gets its registry back").isEmpty();
  }

  @Test
  void withoutRedis() {
    Caches caches = Caches.local(); // or Caches.disabled(): always loads, keeps nothing
    Cache<Long, Profile> profiles =
        caches.cache("profiles", Long.class, Codec.json(Profile.class), CacheConfig.defaults());
    Profile profile = profiles.get(42L, id -> database.loadProfile(id));
    assertThat(profile.id()).isEqualTo(42);
    caches.close();
  }

  @Test
  void removalsAndMetersByMicrometersNames() {
    MeterRegistry registry = new SimpleMeterRegistry();
    Caches caches =
        Caches.localBuilder()
            .meterRegistry(registry)
            .config(CachesConfig.builder().micrometerNames(true).build()) // cache.gets, cache.puts
            .build();
    Cache<Long, Profile> profiles =
        caches.cache("profiles", Long.class, Codec.json(Profile.class), CacheConfig.defaults());
    Queue<String> log = new ConcurrentLinkedQueue<>();
    profiles.onRemoval((id, profile, cause) -> log.add(id + " has left: " + cause));
    profiles.get(42L, id -> database.loadProfile(id));
    caches.close();
    assertThat(log).containsExactly("42 has left: INVALIDATED");
  }

  @Test
  void otherWaysToRead() throws Exception {
    Caches caches = Caches.local();
    Cache<Long, Profile> profiles =
        caches.cache("ways", Long.class, Codec.json(Profile.class), CacheConfig.defaults());
    CompletionStage<Profile> later = profiles.getAsync(42L, id -> database.profileLater(id));
    Profile fresh = profiles.refresh(42L, id -> database.loadProfile(id)); // on all nodes
    Profile read = profiles.getChecked(42L, id -> database.readProfile(id)); // throws IOException
    assertThat(later.toCompletableFuture().join()).isEqualTo(fresh).isEqualTo(read);
    caches.close();
  }
}
