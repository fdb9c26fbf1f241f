package io.perfkit.cache;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.micrometer.core.instrument.MeterRegistry;
import io.perfkit.cache.internal.KeyText;
import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.KeySpace;
import io.perfkit.redis.LaneStats;
import io.perfkit.redis.RedisGuard;
import io.perfkit.redis.ValueFormat;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.ToIntBiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.UnifiedJedis;

/**
 * The caches of one application, on one Redis ({@link #create(UnifiedJedis, String)}), in this
 * process alone ({@link #local()}), or disabled ({@link #disabled()}). On Redis it owns what they
 * share: the subscription to other nodes' invalidations (one connection of the client's pool while
 * open), the guard around Redis, and the invalidations that wait while Redis is down. The client
 * stays the caller's. Thread safe.
 */
public final class Caches implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Caches.class);
  private static final long WATCH_MILLIS = 500;

  private final String name;
  private final @Nullable RedisBackend redis;
  private final boolean disabled;
  private final Queue<Cache<?, ?>> caches = new ConcurrentLinkedQueue<>();
  private final Set<String> names = ConcurrentHashMap.newKeySet();
  private final ConcurrentMap<String, AutoCloseable> attached = new ConcurrentHashMap<>();
  private final Queue<Audit<?, ?>> audits = new ConcurrentLinkedQueue<>();
  private final Queue<HotKeys<?, ?>> hotKeys = new ConcurrentLinkedQueue<>();
  private final long hitsPerAudit;
  private final LongSupplier nanos;
  private final @Nullable TickingClock ticking;
  private final @Nullable CacheMeters meters;
  private final ScheduledThreadPoolExecutor keeper;
  private final LoadThreads threads;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final OpenState inProcess = new OpenState();

  /** Objects that io.perfkit.cache.weave keeps with these caches, by their class. */
  final ConcurrentMap<Class<?>, Object> companions = new ConcurrentHashMap<>();

  private Caches(Builder builder) {
    KeySpace.of(builder.prefix, "caches"); // checks the prefix
    this.name = builder.name == null ? builder.prefix : builder.name;
    this.disabled = builder.disabled;
    this.nanos = builder.nanos;
    this.meters =
        builder.registry == null
            ? null
            : new CacheMeters(builder.registry, name, builder.config.micrometerNames());
    this.redis =
        builder.redis == null || builder.guard == null
            ? null
            : new RedisBackend(builder.redis, builder.prefix, builder.guard, nanos);
    Duration tick = builder.config.clockTick();
    this.ticking = tick.isZero() || disabled ? null : new TickingClock(nanos, tick);
    this.hitsPerAudit = redis == null ? 0 : builder.config.hitsPerAudit();
    AtomicInteger number = new AtomicInteger();
    this.keeper =
        new ScheduledThreadPoolExecutor(
            3, // a Redis that does not answer holds up the unsent and the watch, not the heartbeat
            task -> {
              Thread thread = new Thread(task, "perf-cache-keeper-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    keeper.setRemoveOnCancelPolicy(true);
    this.threads = new LoadThreads(builder.executor, keeper);
    if (meters != null) {
      meters.bind(this);
    }
    if (redis != null) {
      redis.start(keeper);
      var unused =
          keeper.scheduleWithFixedDelay(this::watch, WATCH_MILLIS, WATCH_MILLIS, MILLISECONDS);
    }
  }

  /**
   * Caches with default settings.
   *
   * @param prefix separates applications on one Redis; nodes of one application share it
   */
  public static Caches create(UnifiedJedis redis, String prefix) {
    return builder(redis, prefix).build();
  }

  /** As {@link #create(UnifiedJedis, String)}, with more settings and collaborators. */
  public static Builder builder(UnifiedJedis redis, String prefix) {
    return new Builder(requireNonNull(redis, "redis"), prefix, false);
  }

  /**
   * Opens caches that live in this process alone, without Redis: for tests and for hosts of one
   * node. The API is the same. An entry lives for {@code l2Ttl}, at most {@code maxEntries} of
   * them, and ends with the process; values are kept as they are, so no codec is called. Starts no
   * thread until a load needs one.
   */
  public static Caches local() {
    return localBuilder().build();
  }

  /** As {@link #local()}, with more settings and collaborators; the name is {@code local}. */
  public static Builder localBuilder() {
    return new Builder(null, "local", false);
  }

  /**
   * Caches that are switched off: every read loads, nothing is kept, and no thread is started. The
   * API is the same, so a host can switch its caches off in development.
   */
  public static Caches disabled() {
    return new Builder(null, "disabled", true).build();
  }

  /**
   * A cache whose keys have one obvious text.
   *
   * @param name the same on all nodes; once in these caches
   * @param keyType String, a whole number, Character, Boolean, BigDecimal, UUID, an enum or a
   *     {@code java.time} value
   * @throws IllegalArgumentException for another type of keys, or a name with other characters than
   *     letters, digits and {@code . _ - :}
   * @throws IllegalStateException if there is a cache of that name
   */
  public <K, V> Cache<K, V> cache(
      String name, Class<K> keyType, Codec<V> codec, CacheConfig config) {
    return cache(name, KeyText.of(requireNonNull(keyType, "keyType")), codec, config);
  }

  /**
   * A cache of any keys.
   *
   * @param keyText gives equal keys the same text and others another, on every node
   * @throws IllegalArgumentException as above
   * @throws IllegalStateException as above
   */
  public <K, V> Cache<K, V> cache(
      String name, Function<? super K, String> keyText, Codec<V> codec, CacheConfig config) {
    return make(name, keyText, codec, config, null);
  }

  /**
   * A cache of any keys whose local copies are weighed, not counted.
   *
   * @param weigher weight of a key and its value, at least 0, in the unit of {@link
   *     CacheConfig#maxWeight()}; called once for each copy that is kept. Its exception reaches the
   *     caller of that value
   * @throws IllegalArgumentException as above, or if {@code config} has no {@code maxWeight}
   * @throws IllegalStateException as above
   */
  public <K, V> Cache<K, V> cache(
      String name,
      Function<? super K, String> keyText,
      Codec<V> codec,
      CacheConfig config,
      ToIntBiFunction<? super K, ? super V> weigher) {
    return make(name, keyText, codec, config, requireNonNull(weigher, "weigher"));
  }

  private <K, V> Cache<K, V> make(
      String name,
      Function<? super K, String> keyText,
      Codec<V> codec,
      CacheConfig config,
      @Nullable ToIntBiFunction<? super K, ? super V> weigher) {
    requireNonNull(keyText, "keyText");
    requireNonNull(config, "config");
    if ((weigher == null) != (config.maxWeight() == 0)) {
      throw new IllegalArgumentException(
          "maxWeight: "
              + config.maxWeight()
              + (weigher == null
                  ? " (expected: zero without a weigher, which cache(..) takes)"
                  : " (expected: above zero, for there is a weigher)"));
    }
    Fence fence = new Fence(config.maxEntries());
    LeaseWaiters waiters = new LeaseWaiters();
    LongSupplier clock = ticking == null ? nanos : ticking;
    Copier<V> copier =
        config.copies() == Copies.SHARE
            ? null
            : new Copier<>(ValueFormat.of(codec).withMaxBytes(config.maxValueBytes()));
    take(name);
    SecondLevel<V> l2 =
        redis != null
            ? redis.level(name, codec, config, fence)
            : disabled
                ? new NoLevel<>(inProcess)
                : new HeapLevel<>(config, waiters, nanos, copier, inProcess);
    LocalLevel<K, V> local =
        copies(name, config, weigher, new InvalidationListener(fence, waiters), clock);
    CacheParts<K, V> parts =
        new CacheParts<>(
            name, keyText, config, local, l2, waiters, threads, copier, new Counters());
    Cache<K, V> cache = new Cache<>(parts);
    caches.add(cache);
    if (meters != null) {
      meters.bind(cache, local);
    }
    if (hitsPerAudit > 0) {
      Audit<K, V> audit = new Audit<>(parts, hitsPerAudit, nanos);
      audits.add(audit);
      if (meters != null) {
        meters.bind(audit, name);
      }
    }
    return cache;
  }

  /**
   * @throws IllegalStateException if the name is taken, or after a close
   */
  void take(String taken) {
    requireOpen();
    KeySpace.of("name", requireNonNull(taken, "name")); // checks the name
    if (!names.add(taken)) {
      throw new IllegalStateException("name: '" + taken + "' (expected: a name not taken yet)");
    }
  }

  private void requireOpen() {
    if (closed.get()) {
      throw new IllegalStateException("closed: " + this + " (expected: no use after close)");
    }
  }

  /** Local copies that end when {@code listener} hears an invalidation. */
  <K, V> LocalLevel<K, V> copies(
      String name,
      CacheConfig config,
      @Nullable ToIntBiFunction<? super K, ? super V> weigher,
      InvalidationListener listener,
      LongSupplier clock) {
    if (redis != null) {
      redis.listen(name, listener, config.maxStaleness(), keeper);
    }
    Heartbeat heartbeat = redis == null ? Heartbeat.alone() : redis.channel().heartbeat();
    return new LocalLevel<>(config, weigher, listener.fence(), heartbeat, clock);
  }

  /** Whether {@link #close()} was called. */
  public boolean closed() {
    return closed.get();
  }

  /**
   * The cache of that name, also one of an annotation; empty if there is none yet. Costs a walk
   * over the caches.
   */
  public Optional<Cache<?, ?>> getCache(String name) {
    requireNonNull(name, "name");
    for (Cache<?, ?> cache : caches) {
      if (cache.name().equals(name)) {
        return Optional.of(cache);
      }
    }
    return Optional.empty();
  }

  /** The names of all caches, in the order in which they were made. */
  public List<String> cacheNames() {
    return caches.stream().<String>map(Cache::name).toList();
  }

  LongSupplier exactClock() {
    return nanos;
  }

  /**
   * Hashes, lists and sets beside the caches, which live in Redis alone and are read by local
   * copies.
   *
   * @throws UnsupportedOperationException if these caches are local or disabled
   * @throws IllegalStateException after a close
   */
  public Shared shared() {
    requireOpen();
    if (redis == null) {
      throw new UnsupportedOperationException(
          this + " has no shared structures (expected: caches on Redis, by Caches.create)");
    }
    return new Shared(this, redis);
  }

  void measure(SharedCopies<?> copies) {
    if (meters != null) {
      meters.bind(copies);
    }
  }

  /**
   * Ties {@code part} to these caches: when they close, they close it first, while the
   * invalidations of its writes can still be sent. An exception of its close is logged.
   *
   * @param name says what it is, {@code "the writer of orders"} for instance; once in these caches
   * @throws IllegalStateException if a part of that name is attached, or after a close
   */
  public void attach(String name, AutoCloseable part) {
    requireOpen();
    requireNonNull(part, "part");
    if (attached.putIfAbsent(requireNonNull(name, "name"), part) != null) {
      throw new IllegalStateException(
          "name: " + name + " (expected: one that is not attached to " + this + " yet)");
    }
    if (closed.get() && attached.remove(name, part)) {
      requireOpen(); // closed meanwhile, without this part
    }
  }

  /**
   * Remembers which keys of {@code reads}' cache are used most, for {@link HotKeys#reload} when a
   * node starts. Saves in the background until these caches are closed.
   *
   * @param keyOfText the inverse of the cache's key text, {@code Long::valueOf} for instance
   * @throws IllegalArgumentException if the cache is not of these caches
   */
  public <K, V> HotKeys<K, V> hotKeys(
      ReadThrough<K, V> reads, Function<String, ? extends K> keyOfText, HotKeysConfig config) {
    requireOpen();
    Cache<K, V> unused = requireOurs(reads.cache());
    HotKeys<K, V> hot = new HotKeys<>(reads, keyOfText, config, redis, nanos);
    hotKeys.add(hot);
    return hot;
  }

  private <K, V> Cache<K, V> requireOurs(Cache<K, V> cache) {
    if (!caches.contains(cache)) {
      throw new IllegalArgumentException(
          "cache: '" + cache.name() + "' (expected: a cache of " + this + ")");
    }
    return cache;
  }

  /**
   * Whether this node hears other nodes' invalidations now; if not, copies that are older than
   * {@link CacheConfig#maxStaleness()} serve only while Redis is down, under {@link
   * OnRedisDown#SERVE_LOCAL}. Always true where there are no other nodes.
   */
  public boolean subscribed() {
    return redis == null || redis.subscribed();
  }

  /** Keys, tags and whole caches whose invalidation waits for Redis. */
  public int unsentInvalidations() {
    return redis == null ? 0 : redis.unsent();
  }

  /** State of these caches and of their way to Redis. Costs nothing; for a health check. */
  public CacheHealth health() {
    return redis == null ? CacheHealth.ALONE : redis.health();
  }

  /** Distinguishes these caches from others on one meter registry; by default the prefix. */
  public String name() {
    return name;
  }

  /** Counts of all these caches together so far on this node. */
  public CacheStats stats() {
    return caches.stream().map(Cache::stats).reduce(CacheStats.NONE, CacheStats::plus);
  }

  /** The registry of these caches' meters, if there is one. */
  public Optional<MeterRegistry> meterRegistry() {
    return Optional.ofNullable(meters).map(CacheMeters::registry);
  }

  LaneStats lanes() {
    return requireNonNull(redis, "redis").lanes();
  }

  /** Travel time of the last heartbeat. */
  long lagNanos() {
    return redis == null ? 0 : redis.lagNanos();
  }

  /** Background work that may wait for Redis. */
  private void watch() {
    try {
      if (redis != null) {
        redis.watchFailovers();
      }
      audits.forEach(Audit::tick);
      hotKeys.forEach(HotKeys::saveWhenDue);
    } catch (RuntimeException e) { // of a key function, or closed meanwhile
      LOG.debug("The watch is taken up again in {} ms", WATCH_MILLIS, e);
    }
  }

  /** Whether the servers are known, so that a change of them will be noticed. */
  boolean primaryKnown() {
    return redis != null && redis.primaryKnown();
  }

  /** Invalidations that were sent again after a failover. */
  long retold() {
    return redis == null ? 0 : redis.retold();
  }

  /**
   * Closes what is attached, saves the hottest keys, tries once more to send the invalidations that
   * wait, then ends threads and subscription. The caches can't be used any more; entries in Redis
   * stay. A second call does nothing.
   */
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    attached.forEach(this::closePart); // while invalidations can still be sent
    keeper.shutdownNow();
    threads.close();
    hotKeys.forEach(HotKeys::save);
    if (redis != null) {
      redis.close();
    }
    inProcess.close();
    caches.forEach(Cache::close); // after the levels: no read that begins now can make a copy
    if (ticking != null) {
      ticking.close();
    }
    if (meters != null) {
      meters.close();
    }
  }

  private void closePart(String part, AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception e) {
      LOG.warn("Closing '{}' of {} failed", part, this, e);
    }
  }

  @Override
  public String toString() {
    return "Caches[" + (redis == null ? name : redis) + "]";
  }

  /** Collects collaborators and rarer settings. One thread at a time. */
  public static final class Builder {
    private final @Nullable UnifiedJedis redis;
    private final String prefix;
    private final boolean disabled;
    private final RedisGuard.@Nullable Builder guard;
    private CachesConfig config = CachesConfig.defaults();
    private @Nullable String name;
    private LongSupplier nanos = System::nanoTime;
    private @Nullable MeterRegistry registry;
    private @Nullable Executor executor;

    /**
     * @param redis null for caches without Redis
     */
    private Builder(@Nullable UnifiedJedis redis, String prefix, boolean disabled) {
      this.redis = redis;
      this.prefix = requireNonNull(prefix, "prefix");
      this.disabled = disabled;
      this.guard = redis == null ? null : RedisGuard.builder(redis);
    }

    private RedisGuard.Builder guard() {
      if (guard == null) {
        throw new IllegalStateException(
            "guard: of caches without Redis (expected: Caches.builder with a client)");
      }
      return guard;
    }

    /**
     * Time budget and breaker of the guard that these caches share with all components on their
     * client. Default: those of the components that are open, else {@link GuardConfig#defaults()}.
     */
    public Builder guard(GuardConfig config) {
      guard().config(config);
      return this;
    }

    /**
     * The host's own guard, which stays the host's to close; default one that these caches open.
     *
     * @throws IllegalArgumentException if it is a guard of another client
     * @throws IllegalStateException if it is closed
     */
    public Builder guard(RedisGuard host) {
      guard().sharing(host);
      return this;
    }

    /** The registry of all these caches' meters until they are closed; default none. */
    public Builder meterRegistry(MeterRegistry meterRegistry) {
      registry = requireNonNull(meterRegistry, "meterRegistry");
      if (guard != null) {
        guard.meterRegistry(registry);
      }
      return this;
    }

    /** Default {@link CachesConfig#defaults()}. */
    public Builder config(CachesConfig settings) {
      config = requireNonNull(settings, "settings");
      return this;
    }

    /**
     * Distinguishes these caches from others on one meter registry, as the tag {@code caches} of
     * each meter; default the prefix.
     */
    public Builder name(String newName) {
      name = requireNonNull(newName, "newName");
      return this;
    }

    /**
     * The executor of loads that do not run on their caller's thread: refreshes, and loads with a
     * time limit. The host still owns it. If it refuses a load, a refresh is skipped, and a load
     * with a limit fails as if its time were over. Default: up to 32 daemon threads of these
     * caches, made as they are needed. Whatever the executor accepts, at most 1,000 loads run or
     * wait in it. The limit of a stage takes effect on up to 4 more threads of these caches, so
     * loads that hang can't delay it.
     */
    public Builder executor(Executor loads) {
      executor = requireNonNull(loads, "loads");
      return this;
    }

    Builder nanos(LongSupplier clock) {
      nanos = clock;
      return this;
    }

    /**
     * Opens the caches: starts their threads and subscribes.
     *
     * @throws IllegalStateException if open caches of this name are on the meter registry
     * @throws IllegalArgumentException for a prefix with other characters than letters, digits and
     *     {@code . _ - :}, a client that is none of RedisClient, RedisClusterClient and
     *     RedisSentinelClient, one whose pool has no connection left for the subscription and for
     *     the host, or one whose other components have another {@link GuardConfig}
     */
    public Caches build() {
      return new Caches(this);
    }
  }
}
