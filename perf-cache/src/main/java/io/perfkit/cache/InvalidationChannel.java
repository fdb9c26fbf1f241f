package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.perfkit.redis.RedisGuard;
import io.perfkit.redis.RedisUnavailable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.BinaryJedisPubSub;
import redis.clients.jedis.BuilderFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.CommandObject;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.RedisSentinelClient;
import redis.clients.jedis.UnifiedJedis;

/**
 * The subscription to other nodes' invalidations and loads (Redis Pub/Sub), for all caches of one
 * prefix, with the heartbeat that shows until when all were heard. While open it holds one
 * connection of the host's client, on a thread of its own, {@code perf-cache-invalidations}. Thread
 * safe.
 *
 * <pre>
 * channel  prefix:v1:invalidations, and prefix:v1:beat:node, which only the node itself hears: 8 bytes
 *          of time, and 8 random bytes by which it knows its own
 * message  8 bytes: the node that sent it, 1 byte: the kind, 4 bytes: hash of the key or tag, then
 *          the name of the cache or shared structure
 * </pre>
 */
final class InvalidationChannel implements AutoCloseable {

  /* Invariants
   * C1  after a gap, all local copies end before the first message of the new subscription counts.
   * C2  a node's own messages end no cache's copies: it ended them itself, in the order that put needs.
   * C3  the heartbeat is a time before which no message is outstanding: the time of a beat that has come
   *     back, or at which the subscription was asked for, after C1. */
  private static final Logger LOG = LoggerFactory.getLogger(InvalidationChannel.class);
  private static final Duration PAUSE_AFTER_LOSS = Duration.ofMillis(200);
  private static final long JOIN_MILLIS = 5_000;
  private static final int HEAD_BYTES = Long.BYTES + 1 + Integer.BYTES;

  private final UnifiedJedis redis;
  private final long self = ThreadLocalRandom.current().nextLong();

  /** Keeps a client that may only publish from forging a beat; one that subscribes sees it. */
  private final long secret = UUID.randomUUID().getLeastSignificantBits();

  private final byte[] name;
  private final byte[] ownName;
  private final Map<String, InvalidationListener> listeners = new ConcurrentHashMap<>();
  private final LongSupplier nanos;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "perf-cache-invalidations");
  private volatile @Nullable Connection connection;
  private volatile boolean subscribed;
  private final Heartbeat heartbeat;
  private boolean lossLogged; // used by the thread only
  private volatile long lagNanos;

  InvalidationChannel(UnifiedJedis redis, String prefix, LongSupplier nanos) {
    if (!(redis instanceof RedisClient
        || redis instanceof RedisClusterClient
        || redis instanceof RedisSentinelClient)) {
      throw new IllegalArgumentException(
          "redis: "
              + redis.getClass().getName()
              + " (expected: RedisClient, RedisClusterClient or RedisSentinelClient)");
    }
    this.redis = redis;
    this.nanos = nanos;
    this.heartbeat = Heartbeat.unheard(nanos);
    this.name = (prefix + ":v1:invalidations").getBytes(UTF_8);
    this.ownName = (prefix + ":v1:beat:" + Long.toHexString(self)).getBytes(UTF_8);
    thread.setDaemon(true);
  }

  /** The kind of a message. */
  enum Kind {
    KEY('K'),
    TAG('T'),
    ALL('A'),
    FILLED('F'),
    CHANGED('C');

    private final byte code;

    Kind(char code) {
      this.code = (byte) code;
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

  /** Sends a message to all nodes, once. One round trip. */
  void publish(RedisGuard guard, byte[] message) {
    long unused = guard.call(publication(name, message));
  }

  /**
   * The command that publishes. The channel stands for a key: that names one node of a Cluster, any
   * of which passes messages on, so the command takes a lane and is not sent again.
   */
  private static CommandObject<Long> publication(byte[] channel, byte[] message) {
    return new CommandObject<>(
        new CommandArguments(Command.PUBLISH).key(channel).add(message), BuilderFactory.LONG);
  }

  /** From now on messages of {@code cache} go to {@code listener}. */
  void register(String cache, InvalidationListener listener) {
    listeners.put(cache, listener);
  }

  Heartbeat heartbeat() {
    return heartbeat;
  }

  /** How long ago this node had certainly heard every published message. */
  Duration heartbeatAge(long now) {
    return Duration.ofNanos(now - heartbeat.lastNanos());
  }

  /** How long the last beat took to return, which is about what any message takes. */
  long lagNanos() {
    return lagNanos;
  }

  /**
   * Publishes the time to this node's own channel. Redis sends it down the subscription after every
   * message that it published before, so its arrival proves that all of them were heard. A
   * subscription that has been silent for too long is cut, and made anew. One round trip.
   */
  void heartbeat(RedisGuard guard, Duration maxSilence) {
    Connection held = connection;
    if (held == null || !subscribed) {
      return;
    }
    long now = nanos.getAsLong();
    try {
      if (now - heartbeat.lastNanos() > NANOSECONDS.convert(maxSilence)) {
        held.forceDisconnect();
      } else {
        byte[] beat = ByteBuffer.allocate(2 * Long.BYTES).putLong(now).putLong(secret).array();
        long unused = guard.call(publication(ownName, beat));
      }
    } catch (IOException | RuntimeException e) {
      LOG.debug("No beat; copies are vouched for again by the next one", e);
    }
  }

  /** Whether this node hears other nodes now. */
  boolean subscribed() {
    return subscribed;
  }

  private void run() {
    while (!closed()) {
      try {
        connection = RedisGuard.borrow(redis, name);
        listen(connection);
      } catch (RuntimeException e) {
        if (!closed() && !lossLogged) {
          lossLogged = true;
          LOG.warn(
              "Other nodes are not heard, trying again every {}: {}",
              PAUSE_AFTER_LOSS,
              RedisUnavailable.reason(e));
          LOG.debug("Other nodes are not heard", e);
        }
      } finally {
        subscribed = false;
        connection = null;
      }
      pause();
    }
  }

  /**
   * Returns when the subscription has ended, by throwing. The connection may be subscribed even
   * then: in the pool it would answer a later command with a message, so it is discarded.
   */
  private void listen(Connection mine) {
    try {
      if (!closed()) {
        leaveResp3(mine);
        new Listener(nanos.getAsLong()).proceed(mine, name, ownName);
      }
    } finally {
      mine.setBroken();
      mine.close();
    }
  }

  /**
   * Over RESP3 messages are pushes, and JDK 25 can compile Jedis' filter of pushes to code that
   * finds null in each of them (docs/decisions/0016).
   */
  static void leaveResp3(Connection mine) {
    if (mine.getRedisProtocol() == RedisProtocol.RESP3) {
      mine.sendCommand(Command.HELLO, RedisProtocol.RESP2.version());
      mine.getOne();
    }
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
    private final long askedNanos;

    Listener(long askedNanos) {
      this.askedNanos = askedNanos;
    }

    @Override
    public void onSubscribe(byte[] channel, int subscriptions) {
      listeners.values().forEach(InvalidationListener::gap); // C1
      heartbeat.heard(askedNanos);
      subscribed = true;
      if (lossLogged) {
        lossLogged = false;
        LOG.info("Other nodes are heard again");
      }
    }

    @Override
    public void onMessage(byte[] channel, byte[] message) {
      if (Arrays.equals(channel, ownName)) {
        ByteBuffer beat = ByteBuffer.wrap(message);
        if (message.length == 2 * Long.BYTES && beat.getLong(Long.BYTES) == secret) {
          long sent = beat.getLong();
          heartbeat.heard(sent); // C3
          lagNanos = nanos.getAsLong() - sent;
        }
        return;
      }
      if (message.length < HEAD_BYTES) {
        return; // not a perfkit message
      }
      ByteBuffer parts = ByteBuffer.wrap(message);
      boolean own = parts.getLong() == self; // C2
      byte code = parts.get();
      int hash = parts.getInt();
      InvalidationListener listener = listeners.get(UTF_8.decode(parts).toString());
      for (Kind kind : Kind.values()) {
        if (listener != null && kind.code == code) {
          listener.heard(kind, hash, own);
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
    listeners.values().forEach(InvalidationListener::gap); // threads that wait hear none
  }
}
