package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import io.perfkit.cache.SharedCopies.Answer;
import io.perfkit.redis.Codec;
import io.perfkit.redis.RedisScript;
import io.perfkit.redis.RedisUnavailable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * A hash in Redis that all nodes share: fields with values. Made by {@link Shared#hash} and {@link
 * Shared#hashes}. Values are shared between callers, so they must not be changed. Thread safe.
 *
 * <p>A local copy answers a read, if one counts, at the cost of a clock read; otherwise one round
 * trip does, which makes a copy unless the hash has more than {@link SharedConfig#maxCopyMembers()}
 * fields. A read reflects every write of this node, and those of other nodes that are older than
 * {@link SharedConfig#maxStaleness()}. Each write is one round trip; two if the server's clock is
 * not known yet or has jumped. Bytes that can't be decoded, since another program or another class
 * wrote them, count as absent and are counted in {@link SharedStats#unreadable()}.
 *
 * <p>All reads throw {@link RedisUnavailable} if only Redis could answer and it is down, see {@link
 * SharedConfig#onRedisDown()}. All writes throw {@link RedisUnavailable} if it is down: unless the
 * message says that the write was not sent, it may have been done; it is not done later. They throw
 * {@link SharedRejected} if there is no room for them or another type stands at the key, and {@link
 * io.perfkit.redis.CodecFailed} for what can't be encoded or is longer than {@link
 * SharedConfig#maxMemberBytes()}; nothing was changed then.
 *
 * <p>A read throws {@link LoadInterrupted} if its thread is interrupted while it waits for another
 * that reads the same hash.
 *
 * @param <F> fields with {@code equals}; equal ones have the same bytes
 * @param <V> values
 */
public final class SharedHash<F, V> {
  static final RedisScript READ = RedisScript.load(SharedHash.class, "shared_read.lua");
  private static final RedisScript PUT = RedisScript.load(SharedHash.class, "hash_put.lua");
  private static final RedisScript INCREMENT =
      RedisScript.load(SharedHash.class, "hash_increment.lua");
  private static final RedisScript REMOVE = RedisScript.load(SharedHash.class, "hash_remove.lua");
  static final RedisScript CLEAR = RedisScript.load(SharedHash.class, "shared_clear.lua");
  private static final byte[] HGET = "HGET".getBytes(US_ASCII);
  private static final byte[] HGETALL = "HGETALL".getBytes(US_ASCII);
  private static final byte[] HLEN = "HLEN".getBytes(US_ASCII);
  private static final byte[] ALWAYS = "put".getBytes(US_ASCII);
  private static final byte[] IF_ABSENT = "absent".getBytes(US_ASCII);
  private static final Long ONE = 1L;
  private static final Long NO_ROOM = -1L;

  private final SharedCopies<Map<F, V>> copies;
  private final Object id;
  private final Formats<F, V> formats;

  SharedHash(SharedCopies<Map<F, V>> copies, Object id, Formats<F, V> formats) {
    this.copies = copies;
    this.id = id;
    this.formats = formats;
  }

  /**
   * How fields and values are stored.
   *
   * @param numbers whether the values are numbers that Redis can add to
   */
  record Formats<F, V>(MemberFormat<F> fields, MemberFormat<V> values, boolean numbers) {

    static <F, V> Formats<F, V> of(
        Codec<F> fields, Codec<V> values, SharedConfig config, LongAdder unreadable) {
      return new Formats<>(
          MemberFormat.of(fields, config, unreadable),
          MemberFormat.ofValues(values, config, unreadable),
          MemberFormat.areNumbers(values));
    }

    Map<F, V> fieldsAndValues(List<?> parts) {
      Map<F, V> all = new LinkedHashMap<>(parts.size());
      for (int i = 0; i < parts.size(); i += 2) {
        F field = fields.decode((byte[]) parts.get(i));
        V value = field == null ? null : values.decode((byte[]) parts.get(i + 1));
        if (field != null && value != null) {
          all.put(field, value);
        }
      }
      return Collections.unmodifiableMap(all);
    }
  }

  /** The value of {@code field}, or null. */
  public @Nullable V get(F field) {
    Map<F, V> copy = copies.local(id);
    if (copy != null) {
      return copy.get(requireNonNull(field, "field"));
    }
    Answer<Map<F, V>> answer = copies.read(id, HGET, field(field));
    if (answer.copy() != null) {
      return answer.copy().get(field);
    }
    return answer.reply() == null ? null : formats.values().decode((byte[]) answer.reply());
  }

  /**
   * All fields and values as of one moment; unmodifiable, in no order. Without a copy the whole
   * hash is transferred.
   */
  public Map<F, V> getAll() {
    Map<F, V> copy = copies.local(id);
    if (copy != null) {
      return copy;
    }
    Answer<Map<F, V>> answer = copies.read(id, HGETALL);
    return answer.copy() == null
        ? formats.fieldsAndValues((List<?>) requireNonNull(answer.reply()))
        : answer.copy();
  }

  /** The number of fields; of a hash without a copy, those that can't be read count too. */
  public int size() {
    Map<F, V> copy = copies.local(id);
    if (copy != null) {
      return copy.size();
    }
    Answer<Map<F, V>> answer = copies.read(id, HLEN);
    return answer.copy() == null
        ? ((Long) requireNonNull(answer.reply())).intValue()
        : answer.copy().size();
  }

  /** Stores a value. */
  public void put(F field, V value) {
    putAll(Map.of(requireNonNull(field, "field"), requireNonNull(value, "value")));
  }

  /** Stores all of {@code values} in one step, or none of them if it throws. */
  public void putAll(Map<? extends F, ? extends V> values) {
    if (!values.isEmpty()) {
      store(ALWAYS, values);
    }
  }

  /**
   * Stores a value if the field has none.
   *
   * @return whether it was stored; false too if the field has a value that can't be decoded
   */
  public boolean putIfAbsent(F field, V value) {
    return store(IF_ABSENT, Map.of(requireNonNull(field, "field"), requireNonNull(value, "value")));
  }

  private boolean store(byte[] when, Map<? extends F, ? extends V> values) {
    List<byte[]> args = new ArrayList<>(3 + 2 * values.size());
    args.add(maxMembers());
    args.add(ttl());
    args.add(when);
    values.forEach(
        (field, value) -> {
          args.add(formats.fields().encodeEqual(requireNonNull(field, "field")));
          args.add(formats.values().encode(requireNonNull(value, "value")));
        });
    Object reply = copies.write(id, PUT, args.toArray(byte[][]::new));
    if (NO_ROOM.equals(reply)) {
      throw full();
    }
    return ONE.equals(reply);
  }

  /**
   * Adds to a number, where an absent one is 0. Only for values of {@code Codec.longs()}.
   *
   * @return the sum
   * @throws IllegalStateException if the values have another codec
   * @throws SharedRejected also if the stored value is no number, or the sum exceeds 64 bits
   */
  public long increment(F field, long by) {
    if (!formats.numbers()) {
      throw new IllegalStateException(
          copies + ": increment of values that are no numbers (expected: values by Codec.longs())");
    }
    Object reply =
        copies.write(
            id,
            INCREMENT,
            maxMembers(),
            ttl(),
            formats.fields().encodeEqual(requireNonNull(field, "field")),
            SharedCopies.ascii(by));
    if (reply instanceof byte[] sum) {
      return Long.parseLong(new String(sum, US_ASCII));
    }
    throw NO_ROOM.equals(reply)
        ? full()
        : copies.rejected(id, "a sum by " + by + " (expected: of numbers, within 64 bits)");
  }

  /**
   * Removes a field.
   *
   * @return whether it was there
   */
  public boolean remove(F field) {
    return ONE.equals(copies.write(id, REMOVE, field(field)));
  }

  /** Removes all fields, and a value of any other type at the key. */
  public void clear() {
    Object unused = copies.write(id, CLEAR);
  }

  /** Counts of all structures of this name so far on this node. */
  public SharedStats stats() {
    return copies.stats();
  }

  /**
   * State of this name's structures and of their way to Redis. Costs nothing; for a health check.
   */
  public CacheHealth health() {
    return copies.health();
  }

  private byte[] field(F field) {
    return formats.fields().encode(requireNonNull(field, "field"));
  }

  private byte[] maxMembers() {
    return SharedCopies.ascii(copies.config().maxMembers());
  }

  private byte[] ttl() {
    return SharedCopies.ascii(copies.config().ttl().toMillis());
  }

  private SharedRejected full() {
    return copies.rejected(
        id, "no room (expected: at most maxMembers " + copies.config().maxMembers() + " fields)");
  }

  @Override
  public String toString() {
    return copies + ", " + copies.config();
  }
}
