package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.BYTES;
import static java.util.Objects.requireNonNull;

import com.alicp.jetcache.SimpleCacheManager;
import com.alicp.jetcache.anno.CacheConsts;
import com.alicp.jetcache.anno.CacheType;
import com.alicp.jetcache.anno.Cached;
import com.alicp.jetcache.anno.method.ProxyUtil;
import com.alicp.jetcache.anno.support.ConfigProvider;
import com.alicp.jetcache.anno.support.GlobalCacheConfig;
import com.alicp.jetcache.embedded.CaffeineCacheBuilder;
import com.alicp.jetcache.support.Fastjson2KeyConvertor;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.perfkit.cache.Cache;
import io.perfkit.cache.CacheConfig;
import io.perfkit.cache.Caches;
import io.perfkit.cache.CachesConfig;
import io.perfkit.cache.weave.CacheAspect;
import io.perfkit.redis.Codec;
import io.perfkit.testing.Await;
import io.perfkit.testing.RedisProcess;
import io.perfkit.weave.Interceptors;
import io.perfkit.weave.Weaver;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
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
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.cache.caffeine.CaffeineCache;
import org.springframework.cache.caffeine.CaffeineCacheManager;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import redis.clients.jedis.RedisClient;

/**
 * What an annotation costs on a hit: one thread calls {@code @Cacheable} methods for {@value
 * #ENTRIES} entries that are all there, with keys that are equal to those stored but not the same
 * objects. A method that runs during the measurement throws, so nothing but hits is measured.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 10, time = 400, timeUnit = TimeUnit.MILLISECONDS)
public class Weave implements Area {

  /** Few, so that what an annotation costs is not hidden behind the memory of the machine. */
  private static final int ENTRIES = 1_000;

  private static final int SPARE = 4 * ENTRIES;
  private static final Duration TTL = Duration.ofMinutes(30);

  @Override
  public String name() {
    return "weave";
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        Figure.excess("over-cache", "woven", "byHand", 5),
        Figure.excess("wrapped-over-cache", "wrapped", "byHand", 5),
        Figure.limit("alloc", BYTES, "woven", 0),
        Figure.limit("alloc-wrapped", BYTES, "wrapped", 0),
        Figure.limit("alloc-expression", BYTES, "wovenExpression", 0),
        Figure.limit("alloc-two-arguments", BYTES, "wovenTwoArguments", 32),
        Figure.speedup("vs-spring", "woven", "spring", 6),
        Figure.speedup("vs-spring-spel", "wovenExpression", "springExpression", 12),
        Figure.speedup("vs-spring-ticking", "wovenTicking", "spring", 6),
        Figure.speedup("vs-jetcache", "woven", "jetCache", 20),
        Figure.speedup("vs-jetcache-ticking", "wovenTicking", "jetCache", 20),
        Figure.speedup("vs-jetcache-spel", "wovenExpression", "jetCacheExpression", 20),
        Figure.excess("unannotated", "unannotatedWoven", "unannotatedDirect", 1));
  }

  @Benchmark
  public String woven(InPerfkit perfkit, Keys keys) {
    return perfkit.created.find(keys.next());
  }

  /** With {@code clockTick}: without a look at the clock. */
  @Benchmark
  public String wovenTicking(InTickingPerfkit perfkit, Keys keys) {
    return perfkit.created.find(keys.next());
  }

  /** The cache that Spring has behind it, by hand: what no annotation can be faster than. */
  @Benchmark
  public Object caffeineByHand(InSpring spring, Keys keys) {
    return spring.caffeine.get(keys.next(), Weave::missed);
  }

  @Benchmark
  public String wrapped(InPerfkit perfkit, Keys keys) {
    return perfkit.wrapped.find(keys.next());
  }

  /** As a host that intercepts calls itself has it: boxed arguments, and a rest of the call. */
  @Benchmark
  public @Nullable Object intercepted(InPerfkit perfkit, Keys keys) throws Throwable {
    Object[] arguments = {keys.next()};
    return perfkit.advice.call(perfkit.direct, arguments, () -> missed(arguments[0]));
  }

  @Benchmark
  public @Nullable String byHand(InPerfkit perfkit, Keys keys) {
    return perfkit.cache.get(keys.next(), Weave::missed);
  }

  /** What an annotation processor would write. */
  @Benchmark
  public String decorator(InPerfkit perfkit, Keys keys) {
    return perfkit.decorated.find(keys.next());
  }

  /** A JDK proxy that does nothing but ask the cache. */
  @Benchmark
  public String jdkProxy(InPerfkit perfkit, Keys keys) {
    return perfkit.proxied.find(keys.next());
  }

  @Benchmark
  public String wovenExpression(InPerfkit perfkit, Keys keys) {
    return perfkit.created.findUser(keys.nextUser());
  }

  @Benchmark
  public String wovenTwoArguments(InPerfkit perfkit, Keys keys) {
    User user = keys.nextUser();
    return perfkit.created.findPage(user.id(), user.number());
  }

  @Benchmark
  public String spring(InSpring spring, Keys keys) {
    return spring.profiles.find(keys.next());
  }

  @Benchmark
  public String springExpression(InSpring spring, Keys keys) {
    return spring.profiles.findUser(keys.nextUser());
  }

  @Benchmark
  public String jetCache(InJetCache jetCache, Keys keys) {
    return jetCache.profiles.find(keys.next());
  }

  @Benchmark
  public String jetCacheExpression(InJetCache jetCache, Keys keys) {
    return jetCache.profiles.findUser(keys.nextUser());
  }

  @Benchmark
  public long unannotatedWoven(InPerfkit perfkit, Keys keys) {
    return perfkit.created.unannotated(keys.nextUser());
  }

  @Benchmark
  public long unannotatedDirect(InPerfkit perfkit, Keys keys) {
    return perfkit.direct.unannotated(keys.nextUser());
  }

  /** An argument with a key inside. */
  record User(String id, long number) {
    static User of(int number) {
      return new User(key(number), number);
    }
  }

  /** Each entry's key at least once, in an order fixed by a seed; to choose one costs nothing. */
  @State(Scope.Thread)
  public static class Keys {
    private static final int SLOTS = Integer.highestOneBit(ENTRIES) << 1;

    private final User[] slots;
    private int next;

    public Keys() {
      List<User> users = new ArrayList<>(SLOTS);
      for (int i = 0; i < SLOTS; i++) {
        users.add(User.of(i % ENTRIES));
      }
      Collections.shuffle(users, new Random(42));
      slots = users.toArray(User[]::new);
    }

    String next() {
      return nextUser().id();
    }

    User nextUser() {
      return slots[next++ & (SLOTS - 1)];
    }
  }

  /** A service as our users write it. */
  static class Profiles {
    private int loads;

    @io.perfkit.cache.weave.Cacheable("profiles")
    String find(String key) {
      return load(key);
    }

    @io.perfkit.cache.weave.Cacheable(cache = "profiles", key = "user.id")
    String findUser(User user) {
      return load(user.id());
    }

    @io.perfkit.cache.weave.Cacheable("pages")
    String findPage(String key, long page) {
      return load(key);
    }

    long unannotated(User user) {
      return user.number() + 1;
    }

    private String load(String key) {
      return loads++ < 3 * ENTRIES ? "profile of " + key : missed(key);
    }
  }

  static final class DecoratedProfiles extends Profiles {
    private final Cache<String, String> cache;

    DecoratedProfiles(Cache<String, String> cache) {
      this.cache = cache;
    }

    @Override
    String find(String key) {
      return requireNonNull(cache.get(key, missing -> super.find(missing)));
    }
  }

  /** Our two levels, with a Redis of their own behind and other nodes' invalidations heard. */
  @State(Scope.Benchmark)
  public static class InPerfkit {
    private final RedisProcess redis = RedisProcess.start();
    private final RedisClient client = RedisClient.create("redis://" + redis.address());
    private final Caches caches;
    private final Cache<String, String> cache;
    private final Profiles direct = new Profiles();
    final Profiles created;
    private final Profiles wrapped;
    private final Interceptors.Interceptor advice;
    private final Profiles decorated;
    private final JetProfiles proxied;

    public InPerfkit() {
      this(builder -> builder);
    }

    InPerfkit(UnaryOperator<Caches.Builder> settings) {
      caches = settings.apply(Caches.builder(client, "bench")).build();
      CacheConfig config =
          CacheConfig.builder().maxEntries(SPARE).l1Ttl(TTL).l2Ttl(TTL).jitter(0).build();
      cache = caches.cache("profiles", String.class, Codec.string(), config);
      CacheAspect aspect =
          CacheAspect.builder(caches)
              .config(config)
              .cache(cache, String.class, String.class)
              .build();
      Weaver weaver = Weaver.of(aspect);
      advice = advice(aspect);
      created = weaver.create(Profiles.class);
      wrapped = weaver.wrap(direct);
      decorated = new DecoratedProfiles(cache);
      proxied =
          (JetProfiles)
              Proxy.newProxyInstance(
                  Weave.class.getClassLoader(),
                  new Class<?>[] {JetProfiles.class},
                  (proxy, method, arguments) -> cache.get((String) arguments[0], Weave::missed));
      Await.until("subscription", Duration.ofSeconds(10), caches::subscribed);
      for (int i = 0; i < ENTRIES; i++) {
        String unused = created.find(key(i));
        unused = created.findPage(key(i), i);
      }
    }

    private static Interceptors.Interceptor advice(CacheAspect aspect) {
      try {
        return requireNonNull(
            Interceptors.of(aspect)
                .of(Profiles.class)
                .get(Profiles.class.getDeclaredMethod("find", String.class)));
      } catch (NoSuchMethodException e) {
        throw new LinkageError("find", e);
      }
    }

    @TearDown
    public void close() {
      caches.close();
      client.close();
      redis.close();
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

  /** A Spring service with Caffeine behind it. */
  @State(Scope.Benchmark)
  public static class InSpring {
    private final AnnotationConfigApplicationContext context =
        new AnnotationConfigApplicationContext(SpringHost.class);
    private final SpringProfiles profiles = context.getBean(SpringProfiles.class);
    private final com.github.benmanes.caffeine.cache.Cache<Object, Object> caffeine =
        ((CaffeineCache)
                requireNonNull(context.getBean(CaffeineCacheManager.class).getCache("profiles")))
            .getNativeCache();

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
    SpringProfiles profiles() {
      return new SpringProfiles();
    }
  }

  static class SpringProfiles {
    private int loads;

    @Cacheable("profiles")
    public String find(String key) {
      return loads++ < ENTRIES ? "profile of " + key : missed(key);
    }

    @Cacheable(cacheNames = "profiles", key = "#user.id")
    public String findUser(User user) {
      return missed(user.id());
    }
  }

  /**
   * A JetCache service with its local level only, on Caffeine and with the key conversion of its
   * manual.
   */
  @State(Scope.Benchmark)
  public static class InJetCache {
    private final ConfigProvider provider = new ConfigProvider();
    private final SimpleCacheManager manager = new SimpleCacheManager();
    private final JetProfiles profiles;

    public InJetCache() {
      GlobalCacheConfig config = new GlobalCacheConfig();
      config.setLocalCacheBuilders(
          Map.of(
              CacheConsts.DEFAULT_AREA,
              CaffeineCacheBuilder.createCaffeineCacheBuilder()
                  .limit(SPARE)
                  .keyConvertor(Fastjson2KeyConvertor.INSTANCE)));
      config.setRemoteCacheBuilders(Map.of());
      provider.setGlobalCacheConfig(config);
      provider.init();
      manager.setCacheBuilderTemplate(provider.getCacheBuilderTemplate());
      profiles = ProxyUtil.getProxyByAnnotation(new LoadedProfiles(), provider, manager);
      for (int i = 0; i < ENTRIES; i++) {
        String unused = profiles.find(key(i));
        unused = profiles.findUser(User.of(i));
      }
    }

    @TearDown
    public void close() {
      manager.close();
      provider.shutdown();
    }
  }

  /** JetCache makes JDK proxies. */
  public interface JetProfiles {
    @Cached(name = "profiles", cacheType = CacheType.LOCAL, expire = 1800, localLimit = SPARE)
    String find(String key);

    @Cached(
        name = "users",
        key = "#user.id",
        cacheType = CacheType.LOCAL,
        expire = 1800,
        localLimit = SPARE)
    String findUser(User user);
  }

  static final class LoadedProfiles implements JetProfiles {
    private int loads;

    @Override
    public String find(String key) {
      return loads++ < 2 * ENTRIES ? "profile of " + key : missed(key);
    }

    @Override
    public String findUser(User user) {
      return find(user.id());
    }
  }

  private static String missed(Object key) {
    throw new IllegalStateException("missed " + key + " (expected: only hits)");
  }

  private static String key(int number) {
    return "user:" + number;
  }
}
