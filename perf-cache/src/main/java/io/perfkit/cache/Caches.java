package io.perfkit.cache;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.micrometer.core.instrument.MeterRegistry;
import io.perfkit.cache.FailoverWatch.Finding;
import io.perfkit.cache.FailoverWatch.Look;
import io.perfkit.cache.internal.KeyText;
import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.KeySpace;
import io.perfkit.redis.LaneStats;
import io.perfkit.redis.RedisGuard;
import io.perfkit.redis.ValueFormat;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.ToIntBiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.UnifiedJedis;

/**
 * The caches of one application on one Redis. Owns what they share: the subscription to other
 * nodes' invalidations (one connection of the client's pool while open), the guard around Redis,
 * and the invalidations that wait while Redis is down. The client stays the caller's. Thread safe.
 */
public final class Caches implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Caches.class);
  private static final long RETRY_MILLIS = 200;
  private static final long WATCH_MILLIS = 500;

  private final String prefix;
  private final String name;
  private final InvalidationChannel channel;
  private final RedisGuard guard;
  private final FailoverWatch failovers;
  private final Queue<RedisLevel<?>> levels = new ConcurrentLinkedQueue<>();
  private final Queue<Cache<?, ?>> caches = new ConcurrentLinkedQueue<>();
  private final ConcurrentMap<Cache<?, ?>, WriteBehind<?, ?>> writers = new ConcurrentHashMap<>();
  private final Queue<Audit<?, ?>> audits = new ConcurrentLinkedQueue<>();
  private final Queue<HotKeys<?, ?>> hotKeys = new ConcurrentLinkedQueue<>();
  private final long hitsPerAudit;
  private final LongSupplier nanos;
  private final @Nullable TickingClock ticking;
  private final @Nullable CacheMeters meters;
  private final ScheduledThreadPoolExecutor keeper;
  private final LoadThreads threads;
  private final AtomicLong retold = new AtomicLong();
  private final AtomicBoolean closed = new AtomicBoolean();

  /** What io.perfkit.cache.weave keeps with these caches, by its class. */
  final ConcurrentMap<Class<?>, Object> companions = new ConcurrentHashMap<>();

  private Caches(Builder builder) {
    KeySpace.of(builder.prefix, "caches"); // says what a prefix may be
    this.prefix = builder.prefix;
    this.name = builder.name == null ? builder.prefix : builder.name;
    this.channel = new InvalidationChannel(builder.redis, prefix, builder.nanos);
    this.guard = builder.guard.heldBy("caches '" + prefix + "'", 1).build();
    this.meters = meters(builder.registry, name, guard);
    this.nanos = builder.nanos;
    Duration tick = builder.config.clockTick();
    this.ticking = tick.isZero() ? null : new TickingClock(builder.nanos, tick);
    this.failovers = new FailoverWatch(builder.redis, guard, nanos);
    this.hitsPerAudit = builder.config.hitsPerAudit();
    AtomicInteger number = new AtomicInteger();
    this.keeper =
        new ScheduledThreadPoolExecutor(
            3, // a Redis that does not answer holds up the unsent and the watch, not the beat
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
    channel.start();
    var unused =
        keeper.scheduleWithFixedDelay(this::sendUnsent, RETRY_MILLIS, RETRY_MILLIS, MILLISECONDS);
    var unusedToo =
        keeper.scheduleWithFixedDelay(this::watch, WATCH_MILLIS, WATCH_MILLIS, MILLISECONDS);
  }

  private static @Nullable CacheMeters meters(
      @Nullable MeterRegistry registry, String name, RedisGuard guard) {
    try {
      return registry == null ? null : new CacheMeters(registry, name);
    } catch (RuntimeException refused) {
      guard.close();
      throw refused;
    }
  }

  /**
   * Caches with default settings.
   *
   * @param prefix tells applications on one Redis apart; nodes of one application share it
   */
  public static Caches create(UnifiedJedis redis, String prefix) {
    return builder(redis, prefix).build();
  }

  /** As {@link #create(UnifiedJedis, String)}, with more settings and collaborators. */
  public static Builder builder(UnifiedJedis redis, String prefix) {
    return new Builder(redis, prefix);
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
   *     CacheConfig#maxWeight()}; asked once for each copy that is kept. What it throws reaches the
   *     caller whose value it was
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
    RedisLevel<V> redis =
        new RedisLevel<>(
            guard,
            channel,
            KeySpace.of(prefix, requireNonNull(name, "name")),
            codec,
            config,
            new RecentInvalidations(fence, nanos));
    LeaseWaiters waiters = new LeaseWaiters();
    LocalLevel<K, V> local =
        copies(
            name,
            config,
            weigher,
            new InvalidationListener(fence, waiters),
            ticking == null ? nanos : ticking);
    levels.add(redis);
    Copier<V> copier =
        config.copies() == Copies.SHARE
            ? null
            : new Copier<>(ValueFormat.of(codec).withMaxBytes(config.maxValueBytes()));
    CacheParts<K, V> parts =
        new CacheParts<>(
            name, keyText, config, local, redis, waiters, threads, copier, new Counters());
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

  /** Local copies under a name, which they take, that end when {@code listener} hears it. */
  <K, V> LocalLevel<K, V> copies(
      String name,
      CacheConfig config,
      @Nullable ToIntBiFunction<? super K, ? super V> weigher,
      InvalidationListener listener,
      LongSupplier clock) {
    if (!channel.register(name, listener)) {
      throw new IllegalStateException("name: '" + name + "' (expected: a name not taken yet)");
    }
    long heartbeatMillis = config.maxStaleness().toMillis() / 4; // so that two may be lost
    Duration maxSilence = config.maxStaleness().multipliedBy(3);
    var unused =
        keeper.scheduleWithFixedDelay(
            () -> channel.heartbeat(guard, maxSilence), 0, heartbeatMillis, MILLISECONDS);
    return new LocalLevel<>(config, weigher, listener.fence(), channel, clock);
  }

  LongSupplier exactClock() {
    return nanos;
  }

  /**
   * Hashes, lists and sets beside the caches, which live in Redis alone and are read by local
   * copies.
   */
  public Shared shared() {
    return new Shared(this, prefix, guard, channel);
  }

  void measure(SharedCopies<?> copies) {
    if (meters != null) {
      meters.bind(copies);
    }
  }

  /**
   * Takes writes for {@code reads}' cache and gives them to {@code writer} later, many at once. It
   * is closed by its own close, or at the latest with these caches. Starts a thread.
   *
   * @param unwritten gets each accepted write that is given up, with the reason: after its attempts
   *     the writer's exception, at a close a {@link WriteUnfinished}. It runs on the thread that
   *     writes or closes; what it throws is logged
   * @throws IllegalArgumentException if the cache is not of these caches
   * @throws IllegalStateException if the cache has a writer already
   */
  public <K, V> WriteBehind<K, V> writeBehind(
      ReadThrough<K, V> reads,
      CacheWriter<K, V> writer,
      BiConsumer<? super Write<K, V>, ? super Throwable> unwritten,
      WriteBehindConfig config) {
    Cache<K, V> cache = requireOurs(reads.cache());
    WriteBehind<K, V> behind = new WriteBehind<>(reads, writer, unwritten, config, nanos);
    if (writers.putIfAbsent(cache, behind) != null) {
      throw new IllegalStateException(
          "cache: '" + cache.name() + "' (expected: a cache without a writer)");
    }
    behind.start();
    if (meters != null) {
      meters.bind(behind, cache.name());
    }
    return behind;
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
    Cache<K, V> cache = requireOurs(reads.cache());
    KeySpace keys = KeySpace.of(prefix, cache.name());
    HotKeys<K, V> hot = new HotKeys<>(reads, keyOfText, config, guard, keys, nanos);
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
   * Whether other nodes' invalidations are heard now; if not, copies that are older than {@link
   * CacheConfig#maxStaleness()} serve only while Redis is down, under {@link
   * OnRedisDown#SERVE_LOCAL}.
   */
  public boolean subscribed() {
    return channel.subscribed();
  }

  /** Keys, tags and whole caches whose invalidation waits for Redis. */
  public int unsentInvalidations() {
    return levels.stream().mapToInt(level -> level.unsent().size()).sum();
  }

  /** How these caches stand to Redis. Costs nothing; for a health check. */
  public CacheHealth health() {
    return health(unsentInvalidations());
  }

  CacheHealth health(int unsent) {
    Duration heartbeatAge = channel.heartbeatAge(nanos.getAsLong());
    return new CacheHealth(guard.breaker(), subscribed(), heartbeatAge, unsent);
  }

  /** What tells these caches from others on one meter registry: by default the prefix. */
  public String name() {
    return name;
  }

  /** What all these caches together have done so far on this node. */
  public CacheStats stats() {
    return caches.stream().map(Cache::stats).reduce(CacheStats.NONE, CacheStats::plus);
  }

  LaneStats lanes() {
    return guard.stats();
  }

  /** How long the last beat was under way. */
  long lagNanos() {
    return channel.lagNanos();
  }

  private void sendUnsent() {
    levels.forEach(level -> level.unsent().send());
  }

  /** What has time, and may wait for Redis. */
  private void watch() {
    try {
      watchFailovers();
      audits.forEach(Audit::tick);
      hotKeys.forEach(HotKeys::saveWhenDue);
    } catch (RuntimeException e) { // of a key function, or closed meanwhile
      LOG.debug("The watch is taken up again in {} ms", WATCH_MILLIS, e);
    }
  }

  private void watchFailovers() {
    Look look = failovers.look();
    if (look.finding() == Finding.SAME) {
      levels.forEach(level -> level.sameServerAt(look.askedNanos()));
    } else if (look.finding() == Finding.CHANGED) {
      int again = levels.stream().mapToInt(RedisLevel::tellAgain).sum();
      retold.addAndGet(again);
      LOG.info("Another Redis took over; {} invalidations are sent again, {}", again, this);
    }
  }

  /** Whether the servers are known, so that a change of them will be noticed. */
  boolean primaryKnown() {
    return failovers.known();
  }

  /** Invalidations sent again because another server took over. */
  long retold() {
    return retold.get();
  }

  /**
   * Closes each {@link WriteBehind}, saves the hottest keys, tries once more to send the
   * invalidations that wait, then ends threads and subscription. The caches can't be used any more;
   * entries in Redis stay. Does nothing the second time.
   */
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    writers.values().forEach(WriteBehind::close); // while what they write can still be told
    keeper.shutdownNow();
    threads.close();
    hotKeys.forEach(HotKeys::save);
    sendUnsent();
    int unsent = unsentInvalidations();
    if (unsent > 0) {
      LOG.warn(
          "Closed before Redis took {} invalidations; their entries live out, {}", unsent, this);
    }
    channel.close();
    guard.close();
    if (ticking != null) {
      ticking.close();
    }
    if (meters != null) {
      meters.close();
    }
  }

  @Override
  public String toString() {
    return "Caches[" + prefix + ", " + guard + "]";
  }

  /** Collects collaborators and rarer settings. One thread at a time. */
  public static final class Builder {
    private final UnifiedJedis redis;
    private final String prefix;
    private final RedisGuard.Builder guard;
    private CachesConfig config = CachesConfig.defaults();
    private @Nullable String name;
    private LongSupplier nanos = System::nanoTime;
    private @Nullable MeterRegistry registry;
    private @Nullable Executor executor;

    private Builder(UnifiedJedis redis, String prefix) {
      this.redis = requireNonNull(redis, "redis");
      this.prefix = requireNonNull(prefix, "prefix");
      this.guard = RedisGuard.builder(redis);
    }

    /**
     * Time budget and breaker of the guard that these caches share with all components on their
     * client. Default: those of the components that are open, else {@link GuardConfig#defaults()}.
     */
    public Builder guard(GuardConfig config) {
      guard.config(config);
      return this;
    }

    /**
     * The host's own guard, which stays the host's to close; default one that these caches open.
     *
     * @throws IllegalArgumentException if it is a guard of another client
     * @throws IllegalStateException if it is closed
     */
    public Builder guard(RedisGuard host) {
      guard.sharing(host);
      return this;
    }

    /** Where the meters of all these caches are registered until they are closed; default none. */
    public Builder meterRegistry(MeterRegistry meterRegistry) {
      registry = requireNonNull(meterRegistry, "meterRegistry");
      guard.meterRegistry(registry);
      return this;
    }

    /** Default {@link CachesConfig#defaults()}. */
    public Builder config(CachesConfig settings) {
      config = requireNonNull(settings, "settings");
      return this;
    }

    /**
     * Tells these caches from others on one meter registry, as the tag {@code caches} of each
     * meter; default the prefix.
     */
    public Builder name(String newName) {
      name = requireNonNull(newName, "newName");
      return this;
    }

    /**
     * Where loads run that their callers don't run: refreshes, and those with a time limit. Stays
     * the host's. If it refuses one, a refresh is left out, and a load with a limit fails as if its
     * time were over. Default: up to 32 daemon threads of these caches, made as they are needed.
     * Whatever the executor takes, at most 1,000 loads run or wait in it. What the limit of a stage
     * ends, it ends on up to 4 more threads of these caches: loads that hang can't prevent it.
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
