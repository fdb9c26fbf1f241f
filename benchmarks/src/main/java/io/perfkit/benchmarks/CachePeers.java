package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.TIME;
import static io.perfkit.benchmarks.Measure.events;

import com.alicp.jetcache.MultiLevelCacheBuilder;
import com.alicp.jetcache.embedded.CaffeineCacheBuilder;
import com.alicp.jetcache.redis.lettuce.RedisLettuceCacheBuilder;
import com.alicp.jetcache.support.Fastjson2KeyConvertor;
import io.perfkit.benchmarks.CacheHit.InCaffeine;
import io.perfkit.benchmarks.CacheHit.InPerfkit;
import io.perfkit.benchmarks.CacheHit.InTickingPerfkit;
import io.perfkit.benchmarks.CacheHit.Keys;
import io.perfkit.benchmarks.CacheHit.Sized;
import io.perfkit.cache.Cache;
import io.perfkit.cache.CacheConfig;
import io.perfkit.cache.Caches;
import io.perfkit.redis.Codec;
import io.perfkit.testing.Await;
import io.perfkit.testing.RedisProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.redisson.Redisson;
import org.redisson.api.RLocalCachedMap;
import org.redisson.api.RedissonClient;
import org.redisson.api.options.LocalCachedMapOptions;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;
import redis.clients.jedis.RedisClient;

/**
 * What a hit in the local level costs in the two-level caches that a Java service would take today,
 * as {@link CacheHit} measures it, each with a Redis of its own behind; and how many commands a
 * cold miss sends to Redis, which its caller waits for one after the other.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 10, time = 400, timeUnit = TimeUnit.MILLISECONDS)
public class CachePeers implements Area {
  @Override
  public String name() {
    return "cache-peers";
  }

  @Override
  public List<Figure> figures() {
    List<Figure> figures = new ArrayList<>();
    for (String entries : List.of(CacheHit.FEW, CacheHit.MANY)) {
      String of = "[entries=" + entries + "]";
      for (String ours : List.of("perfkit", "perfkitTicking")) {
        String suffix = (ours.equals("perfkit") ? "-" : "-ticking-") + entries;
        figures.add(
            Figure.speedup("vs-redisson" + suffix, ours + of, "redissonLocalCachedMap" + of, 10)
                .above("caffeine" + of));
        figures.add(
            Figure.speedup("vs-jetcache" + suffix, ours + of, "jetCacheBoth" + of, 20)
                .above("caffeine" + of));
        figures.add(
            Figure.ratio(
                "vs-caffeine" + suffix, TIME, ours + of, "caffeine" + of, Target.atMost(1.25)));
      }
    }
    figures.add(Figure.limit("cold-miss-commands", events("commands"), "coldMiss", 2));
    return List.copyOf(figures);
  }

  @Benchmark
  public @Nullable String perfkit(InPerfkit perfkit, Keys keys) {
    return perfkit.get(keys.next());
  }

  /** With {@code clockTick}: without a look at the clock. */
  @Benchmark
  public @Nullable String perfkitTicking(InTickingPerfkit perfkit, Keys keys) {
    return perfkit.get(keys.next());
  }

  /** The floor: one level, no other nodes, as our local level uses it. */
  @Benchmark
  public String caffeine(InCaffeine caffeine, Keys keys) {
    return caffeine.get(keys.next());
  }

  @Benchmark
  public @Nullable String redissonLocalCachedMap(InRedisson redisson, Keys keys) {
    return redisson.map.get(keys.next());
  }

  /**
   * Not compared: its option that spares it the encoding of each key, which is off by default and
   * excludes Caffeine.
   */
  @Benchmark
  public @Nullable String redissonWithObjectsAsKeys(InRedisson redisson, Keys keys) {
    return redisson.mapOfObjects.get(keys.next());
  }

  @Benchmark
  public @Nullable String jetCacheBoth(InJetCache jetCache, Keys keys) {
    return jetCache.both.get(keys.next());
  }

  @Benchmark
  @BenchmarkMode(Mode.SingleShotTime)
  @Warmup(iterations = 5)
  @Measurement(iterations = 20)
  public @Nullable String coldMiss(Cold cold, Sent sent) {
    long before = cold.scriptCalls();
    String value = cold.miss();
    sent.commands += cold.scriptCalls() - before;
    return value;
  }

  /** With the codec that costs least, Caffeine inside, a size and a time to live. */
  @State(Scope.Benchmark)
  public static class InRedisson extends Sized {
    private final RedisProcess server = RedisProcess.start();
    private final RedissonClient client;
    private final RLocalCachedMap<String, String> map;
    private final RLocalCachedMap<String, String> mapOfObjects;

    public InRedisson() {
      Config config = new Config();
      config.setCodec(StringCodec.INSTANCE);
      config.useSingleServer().setAddress("redis://" + server.address());
      client = Redisson.create(config);
      map =
          client.getLocalCachedMap(
              options("profiles").cacheProvider(LocalCachedMapOptions.CacheProvider.CAFFEINE));
      mapOfObjects = client.getLocalCachedMap(options("objects").useObjectAsCacheKey(true));
    }

    @Setup
    public void fill() {
      for (int i = 0; i < entries; i++) {
        map.put(CacheHit.key(i), CacheHit.value(i));
        mapOfObjects.put(CacheHit.key(i), CacheHit.value(i));
      }
    }

    private static LocalCachedMapOptions<String, String> options(String name) {
      return LocalCachedMapOptions.<String, String>name(name)
          .cacheSize(CacheHit.SPARE)
          .evictionPolicy(LocalCachedMapOptions.EvictionPolicy.LFU)
          .timeToLive(CacheHit.TTL);
    }

    @TearDown
    public void close() {
      int copies = map.cachedKeySet().size();
      client.shutdown();
      server.close();
      if (copies != entries) {
        throw new IllegalStateException(copies + " copies (expected: " + entries + ")");
      }
    }
  }

  /** Both levels as its manual builds them: Caffeine before Redis, through Lettuce. */
  @State(Scope.Benchmark)
  public static class InJetCache extends Sized {
    private final RedisProcess server = RedisProcess.start();
    private final io.lettuce.core.RedisClient client =
        io.lettuce.core.RedisClient.create("redis://" + server.address());
    private final com.alicp.jetcache.Cache<String, String> both;

    public InJetCache() {
      com.alicp.jetcache.Cache<String, String> local =
          CaffeineCacheBuilder.createCaffeineCacheBuilder()
              .limit(CacheHit.SPARE)
              .keyConvertor(Fastjson2KeyConvertor.INSTANCE)
              .expireAfterWrite(CacheHit.TTL.toMinutes(), TimeUnit.MINUTES)
              .buildCache();
      com.alicp.jetcache.Cache<String, String> remote =
          RedisLettuceCacheBuilder.createRedisLettuceCacheBuilder()
              .redisClient(client)
              .keyPrefix("profiles")
              .keyConvertor(Fastjson2KeyConvertor.INSTANCE)
              .expireAfterWrite(CacheHit.TTL.toMinutes(), TimeUnit.MINUTES)
              .buildCache();
      both =
          MultiLevelCacheBuilder.createMultiLevelCacheBuilder()
              .addCache(local, remote)
              .expireAfterWrite(CacheHit.TTL.toMinutes(), TimeUnit.MINUTES)
              .buildCache();
    }

    @Setup
    public void fill() {
      for (int i = 0; i < entries; i++) {
        var unused =
            both.PUT(CacheHit.key(i), CacheHit.value(i)).future().toCompletableFuture().join();
      }
    }

    @TearDown
    public void close() {
      both.close();
      client.shutdown();
      server.close();
    }
  }

  /** Keys that nobody has asked for. */
  @State(Scope.Benchmark)
  public static class Cold {
    private final RedisProcess server = RedisProcess.start();
    private final RedisClient client = RedisClient.create("redis://" + server.address());
    private final Caches caches = Caches.create(client, "bench");
    private final Cache<String, String> cache =
        caches.cache("profiles", String.class, Codec.string(), CacheConfig.defaults());
    private int next;

    public Cold() {
      Await.until("subscription", Duration.ofSeconds(10), caches::subscribed);
    }

    private @Nullable String miss() {
      return cache.get("cold:" + next++, key -> "profile of " + key);
    }

    private long scriptCalls() {
      return client
          .info("commandstats")
          .lines()
          .filter(line -> line.startsWith("cmdstat_eval"))
          .mapToLong(line -> Long.parseLong(line.replaceAll(".*:calls=(\\d+),.*", "$1")))
          .sum();
    }

    @TearDown
    public void close() {
      caches.close();
      client.close();
      server.close();
    }
  }

  /** What Redis was sent. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.EVENTS)
  public static class Sent {
    public long commands;
  }
}
