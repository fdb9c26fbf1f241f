package io.perfkit.cache;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.micrometer.core.instrument.MeterRegistry;
import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.KeySpace;
import io.perfkit.redis.RedisGuard;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.UnifiedJedis;

/**
 * The caches of one application on one Redis. Owns what they share: the subscription to other
 * nodes' invalidations (one connection of the client's pool while open), the guard around Redis,
 * and the invalidations that wait while Redis is down. The client stays the caller's. Thread safe.
 */
public final class Caches implements AutoCloseable {
  private static final long RETRY_MILLIS = 200;

  private final String prefix;
  private final InvalidationChannel channel;
  private final RedisGuard guard;
  private final Queue<UnsentInvalidations> unsent = new ConcurrentLinkedQueue<>();
  private final Queue<Cache<?, ?>> caches = new ConcurrentLinkedQueue<>();
  private final LongSupplier nanos;
  private final @Nullable CacheMeters meters;
  private final ScheduledExecutorService keeper;

  private Caches(Builder builder) {
    KeySpace.of(builder.prefix, "caches"); // says what a prefix may be
    this.prefix = builder.prefix;
    this.channel = new InvalidationChannel(builder.redis, prefix, builder.nanos);
    this.guard = RedisGuard.of(builder.redis, builder.guard);
    this.nanos = builder.nanos;
    this.meters = builder.registry == null ? null : new CacheMeters(builder.registry);
    AtomicInteger number = new AtomicInteger();
    this.keeper =
        Executors.newScheduledThreadPool(
            2, // a Redis that does not answer holds up what is unsent, not the beat
            task -> {
              Thread thread = new Thread(task, "perf-cache-keeper-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    if (meters != null) {
      meters.bind(this, prefix);
    }
    channel.start();
    var unused =
        keeper.scheduleWithFixedDelay(this::sendUnsent, RETRY_MILLIS, RETRY_MILLIS, MILLISECONDS);
  }

  /**
   * Caches with default settings.
   *
   * @param prefix tells applications on one Redis apart; nodes of one application share it
   */
  public static Caches of(UnifiedJedis redis, String prefix) {
    return builder(redis, prefix).build();
  }

  /** A builder for the rarer settings. */
  public static Builder builder(UnifiedJedis redis, String prefix) {
    return new Builder(redis, prefix);
  }

  /**
   * A cache whose keys have one obvious text.
   *
   * @param name the same on all nodes; once in these caches
   * @param keyType String, a whole number, Character, Boolean, UUID or an enum
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
    requireNonNull(keyText, "keyText");
    RedisLevel<V> redis =
        new RedisLevel<>(
            guard,
            channel,
            KeySpace.of(prefix, requireNonNull(name, "name")),
            codec,
            requireNonNull(config, "config"));
    Waiters waiters = new Waiters();
    LocalLevel<K, V> local = copies(name, config, waiters);
    unsent.add(redis.unsent());
    Cache<K, V> cache = new Cache<>(name, keyText, config, local, redis, waiters);
    caches.add(cache);
    if (meters != null) {
      meters.bind(cache, local);
    }
    return cache;
  }

  /** Local copies under a name, which they take, that end when other nodes say so. */
  <K, V> LocalLevel<K, V> copies(String name, CacheConfig config, Waiters waiters) {
    Fence fence = new Fence(config.maxEntries());
    if (!channel.register(name, new Receiver(fence, waiters))) {
      throw new IllegalStateException("name: '" + name + "' (expected: a name not taken yet)");
    }
    long beatMillis = config.maxStaleness().toMillis() / 4; // so that two may be lost
    Duration silenceMax = config.maxStaleness().multipliedBy(3);
    var unused =
        keeper.scheduleWithFixedDelay(
            () -> channel.beat(guard, silenceMax), 0, beatMillis, MILLISECONDS);
    return new LocalLevel<>(config, fence, channel, nanos);
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
   * Whether other nodes' invalidations are heard now; if not, copies live for their L1 TTL at most.
   */
  public boolean subscribed() {
    return channel.subscribed();
  }

  /** Keys, tags and whole caches whose invalidation waits for Redis. */
  public int unsentInvalidations() {
    return unsent.stream().mapToInt(UnsentInvalidations::size).sum();
  }

  /** How these caches stand to Redis. Costs nothing; for a health check. */
  public CacheHealth health() {
    Duration heardAge = Duration.ofNanos(nanos.getAsLong() - channel.heardNanos());
    return new CacheHealth(guard.available(), subscribed(), heardAge, unsentInvalidations());
  }

  /** What all these caches together have done so far on this node. */
  public CacheStats stats() {
    return caches.stream().map(Cache::stats).reduce(CacheStats.NONE, CacheStats::plus);
  }

  private void sendUnsent() {
    unsent.forEach(UnsentInvalidations::send);
  }

  /**
   * Tries once more to send the invalidations that wait, then ends threads and subscription. The
   * caches can't be used any more; entries in Redis stay.
   */
  @Override
  public void close() {
    keeper.shutdownNow();
    sendUnsent();
    channel.close();
    guard.close();
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
    private GuardConfig guard = GuardConfig.defaults();
    private LongSupplier nanos = System::nanoTime;
    private @Nullable MeterRegistry registry;

    private Builder(UnifiedJedis redis, String prefix) {
      this.redis = requireNonNull(redis, "redis");
      this.prefix = requireNonNull(prefix, "prefix");
    }

    /** Time budget and probing of Redis; default {@link GuardConfig#defaults()}. */
    public Builder guard(GuardConfig config) {
      guard = requireNonNull(config, "config");
      return this;
    }

    /** Where the meters of all these caches are registered until they are closed; default none. */
    public Builder meterRegistry(MeterRegistry meterRegistry) {
      registry = requireNonNull(meterRegistry, "meterRegistry");
      return this;
    }

    Builder nanos(LongSupplier clock) {
      nanos = clock;
      return this;
    }

    /**
     * Starts the threads.
     *
     * @throws IllegalArgumentException for a prefix with other characters than letters, digits and
     *     {@code . _ - :}, or a client that is none of RedisClient, RedisClusterClient and
     *     RedisSentinelClient
     */
    public Caches build() {
      return new Caches(this);
    }
  }
}
