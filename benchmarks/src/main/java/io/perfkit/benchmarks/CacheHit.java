package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.BYTES;
import static io.perfkit.benchmarks.Measure.TIME;
import static io.perfkit.benchmarks.Target.atMost;

import com.github.benmanes.caffeine.cache.Caffeine;
import io.perfkit.cache.Cache;
import io.perfkit.cache.CacheConfig;
import io.perfkit.cache.CacheStats;
import io.perfkit.cache.Caches;
import io.perfkit.redis.Codec;
import io.perfkit.testing.Await;
import io.perfkit.testing.RedisProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.cache.caffeine.CaffeineCacheManager;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import redis.clients.jedis.RedisClient;

/**
 * What a hit in the local level costs: one thread reads {@value #ENTRIES} entries that are all
 * there, with keys that are equal to those stored but not the same objects, as a request's are. A
 * loader that runs during the measurement throws, so nothing but hits is measured.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 10, time = 400, timeUnit = TimeUnit.MILLISECONDS)
public class CacheHit implements Area {

  static final int ENTRIES = 10_000;
  static final int SPARE = 2 * ENTRIES;
  static final Duration TTL = Duration.ofMinutes(30);

  @Override
  public String name() {
    return "cache-hit";
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        Figure.ratio("get", TIME, "perfkitGet", "caffeineGet", atMost(1.25)),
        Figure.ratio(
            "get-if-present", TIME, "perfkitGetIfPresent", "caffeineGetIfPresent", atMost(1.25)),
        Figure.limit("alloc", BYTES, "perfkitGet", 0),
        Figure.limit("alloc-if-present", BYTES, "perfkitGetIfPresent", 0),
        Figure.speedup("vs-spring", "perfkitGet", "springCacheable", 6));
  }

  @Benchmark
  public @Nullable String perfkitGet(InPerfkit perfkit, Keys keys) {
    return perfkit.get(keys.next());
  }

  @Benchmark
  public @Nullable String perfkitGetIfPresent(InPerfkit perfkit, Keys keys) {
    return perfkit.cache.getIfPresent(keys.next());
  }

  @Benchmark
  public String caffeineGet(InCaffeine caffeine, Keys keys) {
    return caffeine.cache.get(keys.next(), CacheHit::missed);
  }

  @Benchmark
  public @Nullable String caffeineGetIfPresent(InCaffeine caffeine, Keys keys) {
    return caffeine.cache.getIfPresent(keys.next());
  }

  @Benchmark
  public String springCacheable(InSpring spring, Keys keys) {
    return spring.profiles.find(keys.next());
  }

  /** Each entry's key at least once, in an order fixed by a seed; to choose one costs nothing. */
  @State(Scope.Thread)
  public static class Keys {
    private static final int SLOTS = Integer.highestOneBit(ENTRIES) << 1;

    private final String[] slots;
    private int next;

    public Keys() {
      List<String> keys = new ArrayList<>(SLOTS);
      for (int i = 0; i < SLOTS; i++) {
        keys.add(key(i % ENTRIES));
      }
      Collections.shuffle(keys, new Random(42));
      slots = keys.toArray(String[]::new);
    }

    String next() {
      return slots[next++ & (SLOTS - 1)];
    }
  }

  /** Our two levels, with a Redis of their own behind and other nodes' invalidations heard. */
  @State(Scope.Benchmark)
  public static class InPerfkit {
    private final RedisProcess redis = RedisProcess.start();
    private final RedisClient client = RedisClient.create("redis://" + redis.address());
    private final Caches caches = Caches.of(client, "bench");
    private final Cache<String, String> cache =
        caches.cache(
            "profiles",
            String.class,
            Codec.string(),
            CacheConfig.builder().maxEntries(SPARE).l1Ttl(TTL).l2Ttl(TTL).build());

    public InPerfkit() {
      Await.until("subscription", Duration.ofSeconds(10), caches::subscribed);
      for (int i = 0; i < ENTRIES; i++) {
        String value = value(i);
        cache.get(key(i), key -> value);
      }
    }

    @Nullable String get(String key) {
      return cache.get(key, CacheHit::missed);
    }

    @TearDown
    public void close() {
      CacheStats stats = cache.stats();
      caches.close();
      client.close();
      redis.close();
      if (stats.l2Hits() != 0 || stats.misses() != ENTRIES) {
        throw new IllegalStateException(stats + " (expected: only hits in L1 after the filling)");
      }
    }
  }

  /** Caffeine as its users configure it: a size and a time to live. */
  @State(Scope.Benchmark)
  public static class InCaffeine {
    private final com.github.benmanes.caffeine.cache.Cache<String, String> cache =
        Caffeine.newBuilder().maximumSize(SPARE).expireAfterWrite(TTL).build();

    public InCaffeine() {
      for (int i = 0; i < ENTRIES; i++) {
        cache.put(key(i), value(i));
      }
    }
  }

  /** A Spring service with a {@code @Cacheable} method, the default key and Caffeine behind it. */
  @State(Scope.Benchmark)
  public static class InSpring {
    private final AnnotationConfigApplicationContext context =
        new AnnotationConfigApplicationContext(SpringHost.class);
    private final Profiles profiles = context.getBean(Profiles.class);

    public InSpring() {
      for (int i = 0; i < ENTRIES; i++) {
        String unused = profiles.find(key(i));
      }
    }

    @TearDown
    public void close() {
      context.close();
    }
  }

  @Configuration
  @EnableCaching
  static class SpringHost {

    @Bean
    CaffeineCacheManager cacheManager() {
      CaffeineCacheManager manager = new CaffeineCacheManager("profiles");
      manager.setCaffeine(Caffeine.newBuilder().maximumSize(SPARE).expireAfterWrite(TTL));
      return manager;
    }

    @Bean
    Profiles profiles() {
      return new Profiles();
    }
  }

  static class Profiles {
    private int loads;

    @Cacheable("profiles")
    public String find(String key) {
      return loads++ < ENTRIES ? "profile of " + key : missed(key);
    }
  }

  private static String missed(String key) {
    throw new IllegalStateException("missed " + key + " (expected: only hits)");
  }

  static String key(int number) {
    return "user:" + number;
  }

  static String value(int number) {
    return "profile of " + key(number);
  }
}
