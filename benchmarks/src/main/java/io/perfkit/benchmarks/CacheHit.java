package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.BYTES;
import static io.perfkit.benchmarks.Measure.TIME;
import static io.perfkit.benchmarks.Target.atMost;

import com.github.benmanes.caffeine.cache.Caffeine;
import io.perfkit.cache.Cache;
import io.perfkit.cache.CacheConfig;
import io.perfkit.cache.CacheStats;
import io.perfkit.cache.Caches;
import io.perfkit.cache.CachesConfig;
import io.perfkit.redis.Codec;
import io.perfkit.testing.Await;
import io.perfkit.testing.RedisProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import redis.clients.jedis.RedisClient;

/**
 * What a hit in the local level costs: one thread reads entries that are all there, with keys that
 * are equal to those stored but not the same objects, as a request's are. A thousand entries stay
 * in the processor's caches, ten thousand do not, and there the memory's noise is most of what is
 * measured. A loader that runs during the measurement throws, so nothing but hits is measured.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 10, time = 400, timeUnit = TimeUnit.MILLISECONDS)
public class CacheHit implements Area {

  static final String FEW = "1000";
  static final String MANY = "10000";
  static final int SPARE = 20_000;
  static final Duration TTL = Duration.ofMinutes(30);

  @Override
  public String name() {
    return "cache-hit";
  }

  @Override
  public List<Figure> figures() {
    List<Figure> figures = new ArrayList<>();
    for (String entries : List.of(FEW, MANY)) {
      String of = "[entries=" + entries + "]";
      String get = "perfkitGet" + of;
      String peek = "perfkitGetIfPresent" + of;
      figures.add(Figure.ratio("get-" + entries, TIME, get, "caffeineGet" + of, atMost(1.25)));
      figures.add(
          Figure.ratio(
              "get-if-present-" + entries, TIME, peek, "caffeineGetIfPresent" + of, atMost(1.25)));
      figures.add(Figure.limit("alloc-" + entries, BYTES, get, 0));
      figures.add(Figure.limit("alloc-if-present-" + entries, BYTES, peek, 0));
    }
    return List.copyOf(figures);
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
    return caffeine.get(keys.next());
  }

  @Benchmark
  public @Nullable String caffeineGetIfPresent(InCaffeine caffeine, Keys keys) {
    return caffeine.cache.getIfPresent(keys.next());
  }

  /** What both levels and all keys agree on. */
  @State(Scope.Benchmark)
  public abstract static class Sized {
    @Param({FEW, MANY})
    int entries;
  }

  /** Each entry's key at least once, in an order fixed by a seed; to choose one costs nothing. */
  @State(Scope.Thread)
  public static class Keys extends Sized {
    private String[] slots = {};
    private int next;

    @Setup
    public void fill() {
      int count = Integer.highestOneBit(entries) << 1;
      List<String> keys = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        keys.add(key(i % entries));
      }
      Collections.shuffle(keys, new Random(42));
      slots = keys.toArray(String[]::new);
    }

    String next() {
      return slots[next++ & (slots.length - 1)];
    }
  }

  /** Our two levels, with a Redis of their own behind and other nodes' invalidations heard. */
  @State(Scope.Benchmark)
  public static class InPerfkit extends Sized {
    private final RedisProcess redis = RedisProcess.start();
    private final RedisClient client = RedisClient.create("redis://" + redis.address());
    private final Caches caches;
    private final Cache<String, String> cache;

    public InPerfkit() {
      this(builder -> builder);
    }

    InPerfkit(UnaryOperator<Caches.Builder> settings) {
      caches = settings.apply(Caches.builder(client, "bench")).build();
      cache =
          caches.cache(
              "profiles",
              String.class,
              Codec.string(),
              CacheConfig.builder().maxEntries(SPARE).l1Ttl(TTL).l2Ttl(TTL).build());
    }

    @Setup
    public void fill() {
      Await.until("subscription", Duration.ofSeconds(10), caches::subscribed);
      for (int i = 0; i < entries; i++) {
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
      if (stats.l2Hits() != 0 || stats.misses() != entries) {
        throw new IllegalStateException(stats + " (expected: only hits in L1 after the filling)");
      }
    }
  }

  /** The same with a clock that ticks. */
  @State(Scope.Benchmark)
  public static class InTickingPerfkit extends InPerfkit {
    public InTickingPerfkit() {
      super(
          builder ->
              builder.config(CachesConfig.builder().clockTick(Duration.ofMillis(1)).build()));
    }
  }

  /** Caffeine as its users configure it: a size and a time to live. */
  @State(Scope.Benchmark)
  public static class InCaffeine extends Sized {
    private final com.github.benmanes.caffeine.cache.Cache<String, String> cache =
        Caffeine.newBuilder().maximumSize(SPARE).expireAfterWrite(TTL).build();

    String get(String key) {
      return cache.get(key, CacheHit::missed);
    }

    @Setup
    public void fill() {
      for (int i = 0; i < entries; i++) {
        cache.put(key(i), value(i));
      }
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
