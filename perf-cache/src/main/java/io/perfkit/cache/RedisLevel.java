package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.perfkit.redis.Codec;
import io.perfkit.redis.CodecFailed;
import io.perfkit.redis.KeySpace;
import io.perfkit.redis.RedisException;
import io.perfkit.redis.RedisGuard;
import io.perfkit.redis.RedisScript;
import io.perfkit.redis.ValueFormat;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The entries of one cache in Redis. Each call is one script on one key. Thread safe.
 *
 * <pre>
 * key    prefix:{name.P}:v1:entry:key     P of 64 partitions, which spread a Cluster
 * value  'V' and the bytes of a ValueFormat, PX the entry's TTL
 * lease  'L' and 16 bytes of token, PX the lease: its holder may fill the entry
 * </pre>
 */
final class RedisLevel<V> {

  /* Invariants
   * L1  a load is stored only under the lease that was taken before it began: fill compares the token.
   * L2  put and invalidate end any lease on the key, and tell all nodes in the same step. */
  private static final RedisScript LOOKUP = RedisScript.load(RedisLevel.class, "lookup.lua");
  private static final RedisScript FILL = RedisScript.load(RedisLevel.class, "fill.lua");
  private static final RedisScript PUT = RedisScript.load(RedisLevel.class, "put.lua");
  private static final RedisScript INVALIDATE =
      RedisScript.load(RedisLevel.class, "invalidate.lua");
  private static final int PARTITIONS = 64;
  private static final byte VALUE = 'V';
  private static final byte[] NOTHING = {};

  private final RedisGuard guard;
  private final InvalidationChannel channel;
  private final UnsentInvalidations unsent;
  private final KeySpace keys;
  private final ValueFormat<V> format;
  private final Duration ttl;
  private final byte[] ttlMillis;
  private final byte[] leaseMillis;
  private final LongAdder failures = new LongAdder();

  RedisLevel(SharedRedis shared, String cache, Codec<V> codec, CacheConfig config) {
    this.guard = shared.guard();
    this.channel = shared.channel();
    this.unsent = shared.unsent();
    this.keys = KeySpace.of(shared.prefix(), cache).withPartitions(PARTITIONS);
    this.format = new ValueFormat<>(codec, config.compressAboveBytes(), config.maxValueBytes());
    this.ttl = config.l2Ttl();
    this.ttlMillis = ascii(ttl.toMillis());
    this.leaseMillis = ascii(config.lease().toMillis());
  }

  /** Commands that Redis did not answer or refused, since the start. */
  long failures() {
    return failures.sum();
  }

  /**
   * A key as Redis and the other nodes know it.
   *
   * @param redisKey equal for equal keys; its array is what is sent
   */
  record Address(String text, ByteBuffer redisKey, int hash) {}

  Address address(String text) {
    CRC32C crc = new CRC32C();
    crc.update(text.getBytes(UTF_8));
    return new Address(text, ByteBuffer.wrap(keys.key("entry", text)), (int) crc.getValue());
  }

  /** The permission to fill an entry; the two numbers are random and make it unique. */
  record Lease(long high, long low) {
    static Lease next() {
      ThreadLocalRandom random = ThreadLocalRandom.current();
      return new Lease(random.nextLong(), random.nextLong());
    }

    byte[] token() {
      return ByteBuffer.allocate(16).putLong(high).putLong(low).array();
    }
  }

  /** What Redis holds: a value and the time it has left, or else perhaps the lease to fill it. */
  record Lookup<V>(@Nullable V value, Duration timeLeft, @Nullable Lease lease) {
    static <V> Lookup<V> nothing() {
      return new Lookup<>(null, Duration.ZERO, null);
    }
  }

  /**
   * Finds the value or takes the lease; nothing while Redis is down, or still holds a value that it
   * could not be told to drop. One round trip, a second one if the value can't be read.
   */
  Lookup<V> lookup(Address address) {
    return find(address, Lease.next());
  }

  /** As {@link #lookup} but takes no lease. */
  Lookup<V> peek(Address address) {
    return find(address, null);
  }

  private Lookup<V> find(Address address, @Nullable Lease lease) {
    byte[] token = lease == null ? NOTHING : lease.token();
    if (unsent.contains(address)) {
      return Lookup.nothing();
    }
    try {
      List<?> reply = look(address, token, NOTHING);
      if (isHit(reply)) {
        Lookup<V> hit = hit(reply);
        if (hit.value() != null) {
          return hit;
        }
        reply = look(address, token, (byte[]) reply.get(1));
      }
      return Long.valueOf(1).equals(reply.get(0))
          ? new Lookup<>(null, Duration.ZERO, lease)
          : Lookup.nothing();
    } catch (RedisException e) {
      failures.increment();
      return Lookup.nothing();
    }
  }

  /**
   * Stores a loaded value under its lease. One round trip.
   *
   * @return false if the lease was lost, so that the value may be older than an invalidation; a
   *     Redis that does not answer is no reason to think so
   * @throws CodecFailed if the value can't be written; the lease is given back
   */
  boolean fill(Address address, Lease lease, V value) {
    byte[] bytes;
    try {
      bytes = encode(value);
    } catch (CodecFailed e) {
      release(address, lease);
      throw e;
    }
    try {
      return Long.valueOf(1).equals(call(FILL, address, lease.token(), bytes, ttlMillis));
    } catch (RedisException e) {
      failures.increment();
      return true;
    }
  }

  /** Gives a lease back, so that the next caller gets it at once. One round trip. */
  void release(Address address, Lease lease) {
    try {
      call(FILL, address, lease.token(), NOTHING, NOTHING);
    } catch (RedisException e) {
      failures.increment(); // the lease ends by itself
    }
  }

  /**
   * Stores a value and tells all nodes. While Redis is down an invalidation is kept instead. One
   * round trip.
   *
   * @throws CodecFailed if the value can't be written; nothing was done
   */
  void put(Address address, V value) {
    byte[] bytes = encode(value);
    try {
      call(PUT, address, bytes, ttlMillis, channel.name(), message(address));
    } catch (RedisException e) {
      failures.increment();
      unsent.keep(address, this::send, e);
    }
  }

  /** Removes a value and tells all nodes; kept for later while Redis is down. One round trip. */
  void invalidate(Address address) {
    try {
      send(address);
    } catch (RedisException e) {
      failures.increment();
      unsent.keep(address, this::send, e);
    }
  }

  private void send(Address address) {
    call(INVALIDATE, address, channel.name(), message(address));
  }

  private byte[] message(Address address) {
    return channel.message(keys.name(), address.hash());
  }

  private List<?> look(Address address, byte[] token, byte[] unreadable) {
    return (List<?>) requireNonNull(call(LOOKUP, address, token, leaseMillis, unreadable));
  }

  private static boolean isHit(List<?> reply) {
    return Long.valueOf(0).equals(reply.get(0));
  }

  /** A value that this format did not write is none. */
  private Lookup<V> hit(List<?> reply) {
    byte[] stored = (byte[]) reply.get(1);
    long millis = (Long) reply.get(2);
    V value = format.decode(Arrays.copyOfRange(stored, 1, stored.length)).orElse(null);
    return new Lookup<>(value, millis < 0 ? ttl : Duration.ofMillis(millis), null);
  }

  private @Nullable Object call(RedisScript script, Address address, byte[]... args) {
    return guard.call(
        redis -> script.run(redis, List.of(address.redisKey().array()), List.of(args)));
  }

  private byte[] encode(V value) {
    byte[] bytes = format.encode(value);
    return ByteBuffer.allocate(1 + bytes.length).put(VALUE).put(bytes).array();
  }

  private static byte[] ascii(long number) {
    return Long.toString(number).getBytes(US_ASCII);
  }
}
