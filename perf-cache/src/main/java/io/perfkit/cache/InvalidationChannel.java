package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.BinaryJedisPubSub;
import redis.clients.jedis.Connection;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.RedisSentinelClient;
import redis.clients.jedis.UnifiedJedis;
import redis.clients.jedis.util.JedisClusterCRC16;

/**
 * Hears which keys other nodes invalidated, for all caches of one prefix, and ends the local
 * copies. Holds one connection of the host's client while it is open, on a thread of its own,
 * {@code perf-cache-invalidations}. Thread safe.
 *
 * <pre>
 * channel  prefix:v1:invalidations
 * message  8 bytes: the node that sent it, 1 byte: the kind, 4 bytes: hash of the key or tag, then
 *          the name of the cache
 * </pre>
 */
final class InvalidationChannel implements AutoCloseable {

  /* Invariants
   * C1  after a gap, all local copies end before the first message of the new subscription counts.
   * C2  a node skips its own messages: it ended its copies itself, in the order that put needs. */
  private static final Logger LOG = LoggerFactory.getLogger(InvalidationChannel.class);
  private static final Duration PAUSE_AFTER_LOSS = Duration.ofMillis(200);
  private static final long JOIN_MILLIS = 5_000;
  private static final int HEAD_BYTES = Long.BYTES + 1 + Integer.BYTES;

  private final UnifiedJedis redis;
  private final byte[] name;
  private final long self = ThreadLocalRandom.current().nextLong();
  private final Map<String, Fence> fences = new ConcurrentHashMap<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "perf-cache-invalidations");
  private volatile @Nullable Connection connection;
  private volatile boolean subscribed;

  InvalidationChannel(UnifiedJedis redis, String prefix) {
    if (!(redis instanceof RedisClient
        || redis instanceof RedisClusterClient
        || redis instanceof RedisSentinelClient)) {
      throw new IllegalArgumentException(
          "redis: "
              + redis.getClass().getName()
              + " (expected: RedisClient, RedisClusterClient or RedisSentinelClient)");
    }
    this.redis = redis;
    this.name = (prefix + ":v1:invalidations").getBytes(UTF_8);
    thread.setDaemon(true);
  }

  /** What a message ends. */
  enum Kind {
    KEY('K'),
    TAG('T'),
    ALL('A');

    private final byte code;

    Kind(char code) {
      this.code = (byte) code;
    }

    void end(Fence fence, int hash) {
      switch (this) {
        case KEY -> fence.advance(fence.stripe(hash));
        case TAG -> fence.advanceTag(fence.stripe(hash));
        case ALL -> fence.advanceAll();
      }
    }
  }

  void start() {
    thread.start();
  }

  byte[] name() {
    return name;
  }

  byte[] message(Kind kind, String cache, int hash) {
    byte[] cacheName = cache.getBytes(UTF_8);
    return ByteBuffer.allocate(HEAD_BYTES + cacheName.length)
        .putLong(self)
        .put(kind.code)
        .putInt(hash)
        .put(cacheName)
        .array();
  }

  /** From now on messages of {@code cache} advance {@code fence}. False if the name is taken. */
  boolean register(String cache, Fence fence) {
    return fences.putIfAbsent(cache, fence) == null;
  }

  /** Whether other nodes are heard now. */
  boolean subscribed() {
    return subscribed;
  }

  private void run() {
    boolean lossTold = false;
    while (!closed()) {
      try (Connection mine = borrow()) {
        connection = mine;
        if (!closed()) {
          lossTold = false;
          new Listener().proceed(mine, name);
        }
      } catch (RuntimeException e) {
        if (!closed() && !lossTold) {
          lossTold = true;
          LOG.warn(
              "Other nodes are not heard, trying again every {}: {}",
              PAUSE_AFTER_LOSS,
              e.toString());
          LOG.debug("Other nodes are not heard", e);
        }
      } finally {
        subscribed = false;
        connection = null;
      }
      pause();
    }
  }

  private Connection borrow() {
    if (redis instanceof RedisClusterClient cluster) {
      return cluster.getConnectionFromSlot(JedisClusterCRC16.getSlot(name));
    }
    if (redis instanceof RedisSentinelClient sentinel) {
      return sentinel.getPrimaryNodesConnectionMap().values().iterator().next().getResource();
    }
    return ((RedisClient) redis).getPool().getResource();
  }

  private void pause() {
    try {
      closing.await(PAUSE_AFTER_LOSS.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // only close() interrupts, and then the loop ends
    }
  }

  private boolean closed() {
    return closing.getCount() == 0;
  }

  private final class Listener extends BinaryJedisPubSub {
    @Override
    public void onSubscribe(byte[] channel, int subscriptions) {
      fences.values().forEach(Fence::advanceAll); // C1
      subscribed = true;
    }

    @Override
    public void onMessage(byte[] channel, byte[] message) {
      if (message.length < HEAD_BYTES) {
        return; // not one of ours
      }
      ByteBuffer parts = ByteBuffer.wrap(message);
      if (parts.getLong() == self) {
        return; // C2
      }
      byte code = parts.get();
      int hash = parts.getInt();
      Fence fence = fences.get(UTF_8.decode(parts).toString());
      for (Kind kind : Kind.values()) {
        if (fence != null && kind.code == code) {
          kind.end(fence, hash);
        }
      }
    }
  }

  /** Ends the subscription, also on a frozen server, and waits for the thread. */
  @Override
  public void close() {
    closing.countDown();
    Connection held = connection;
    if (held != null) {
      try {
        held.forceDisconnect();
      } catch (IOException | RuntimeException e) {
        LOG.debug("The subscriber's connection was gone already", e);
      }
    }
    thread.interrupt();
    try {
      thread.join(JOIN_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
