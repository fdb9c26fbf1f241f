package io.perfkit.cache;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.perfkit.cache.FailoverWatch.Finding;
import io.perfkit.cache.FailoverWatch.Look;
import io.perfkit.redis.Codec;
import io.perfkit.redis.KeySpace;
import io.perfkit.redis.LaneStats;
import io.perfkit.redis.RedisGuard;
import java.time.Duration;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.UnifiedJedis;

/**
 * The connection of one node's caches to Redis and, through it, to the caches of other nodes.
 * Thread safe.
 */
final class RedisBackend implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RedisBackend.class);
  private static final long RETRY_MILLIS = 200;

  private final String prefix;
  private final InvalidationChannel channel;
  private final RedisGuard guard;
  private final FailoverWatch failovers;
  private final LongSupplier nanos;
  private final Optional<ServerClock> oneServer;
  private final Queue<RedisLevel<?>> levels = new ConcurrentLinkedQueue<>();
  private final AtomicLong retold = new AtomicLong();
  private final AtomicBoolean sendingFailed = new AtomicBoolean();

  RedisBackend(UnifiedJedis redis, String prefix, RedisGuard.Builder guard, LongSupplier nanos) {
    this.prefix = prefix;
    this.nanos = nanos;
    this.channel = new InvalidationChannel(redis, prefix, nanos); // refuses a client, so first
    this.guard = guard.heldBy("caches '" + prefix + "'", 1).build();
    this.oneServer =
        redis instanceof RedisClusterClient
            ? Optional.empty()
            : Optional.of(new ServerClock(1, this.guard.config().budget(), System::nanoTime));
    this.failovers = new FailoverWatch(redis, this.guard, nanos);
  }

  void start(ScheduledExecutorService keeper) {
    channel.start();
    var unused =
        keeper.scheduleWithFixedDelay(this::sendUnsent, RETRY_MILLIS, RETRY_MILLIS, MILLISECONDS);
  }

  RedisGuard guard() {
    return guard;
  }

  InvalidationChannel channel() {
    return channel;
  }

  /**
   * The clocks of the servers that hold the partitions of one cache or structure: on a Cluster
   * those of another may be on other servers.
   */
  ServerClock clock() {
    return oneServer.orElseGet(
        () -> new ServerClock(RedisLevel.PARTITIONS, guard.config().budget(), System::nanoTime));
  }

  KeySpace keys(String name) {
    return KeySpace.of(prefix, requireNonNull(name, "name"));
  }

  /** The entries in Redis of the cache with that name. */
  <V> RedisLevel<V> level(String name, Codec<V> codec, CacheConfig config, Fence fence) {
    RecentInvalidations recent = new RecentInvalidations(fence, nanos);
    RedisLevel<V> level =
        new RedisLevel<>(guard, channel, keys(name), codec, config, recent, clock());
    levels.add(level);
    return level;
  }

  /**
   * From now on {@code listener} hears the messages for that name, and heartbeats are sent as often
   * as {@code maxStaleness} needs.
   */
  void listen(
      String name,
      InvalidationListener listener,
      Duration maxStaleness,
      ScheduledExecutorService keeper) {
    channel.register(name, listener);
    long millis = MILLISECONDS.convert(maxStaleness) / 4; // so that two may be lost
    Duration maxSilence = maxStaleness.multipliedBy(3);
    var unused =
        keeper.scheduleWithFixedDelay(
            () -> channel.heartbeat(guard, maxSilence), 0, millis, MILLISECONDS);
  }

  boolean subscribed() {
    return channel.subscribed();
  }

  int unsent() {
    return levels.stream().mapToInt(level -> level.unsent().size()).sum();
  }

  CacheHealth health() {
    Duration heartbeatAge = channel.heartbeatAge(nanos.getAsLong());
    return new CacheHealth(guard.breaker(), subscribed(), heartbeatAge, unsent());
  }

  LaneStats lanes() {
    return guard.stats();
  }

  /** Travel time of the last heartbeat. */
  long lagNanos() {
    return channel.lagNanos();
  }

  /** Whether the servers are known, so that a change of them will be noticed. */
  boolean primaryKnown() {
    return failovers.known();
  }

  /** Invalidations that were sent again after a failover. */
  long retold() {
    return retold.get();
  }

  private void sendUnsent() {
    for (RedisLevel<?> level : levels) {
      goOnAfter(() -> level.unsent().send());
      goOnAfter(level::releaseAbandoned);
    }
  }

  /** Goes on after any failure: a scheduled task that throws never runs again. */
  private void goOnAfter(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error e) {
      if (!sendingFailed.getAndSet(true)) {
        LOG.warn(
            "Sending what waits for {} failed; it is tried again, without further logs", this, e);
      }
    }
  }

  void watchFailovers() {
    Look look = failovers.look();
    if (look.finding() == Finding.SAME) {
      levels.forEach(level -> level.sameServerAt(look.askedNanos()));
    } else if (look.finding() == Finding.CHANGED) {
      int again = levels.stream().mapToInt(RedisLevel::tellAgain).sum();
      retold.addAndGet(again);
      LOG.info("Another Redis took over; {} invalidations are sent again, {}", again, this);
    }
  }

  /** Tries once more to send the unsent invalidations, then ends the subscription. */
  @Override
  public void close() {
    sendUnsent();
    int unsent = unsent();
    if (unsent > 0) {
      LOG.warn(
          "Closed before Redis took {} invalidations; their entries live out, {}", unsent, this);
    }
    channel.close();
    guard.close();
  }

  @Override
  public String toString() {
    return prefix + ", " + guard;
  }
}
