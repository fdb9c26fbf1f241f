package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.perfkit.redis.RedisException;
import io.perfkit.redis.RedisScript;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.UnifiedJedis;

/**
 * Saves a cache's most used keys in Redis, so that a node that starts can load them before it
 * serves (cache warming). Made by {@link Caches#hotKeys}; saves periodically and when its caches
 * close. Without Redis nothing is saved, and a reload warms nothing. Thread safe.
 *
 * <pre>
 * snapshot  prefix:{cache}:v1:hot:keys  8 digits: how many, then for each 2 bytes of length and the
 *                                       key's text, the hottest first; PX keptFor
 * </pre>
 *
 * <p>The nodes of an application share one snapshot, and the last to save wins; but a snapshot is
 * not replaced by one of less than half its length, such as that of a node that has just started.
 * Keys of more than {@value #TEXT_BYTES_MAX} bytes are left out. While L1 is less than half full,
 * Caffeine does not count use, and the keys written last stand in for the most used.
 *
 * @param <K> keys
 * @param <V> values
 */
public final class HotKeys<K, V> {
  static final int TEXT_BYTES_MAX = 1_024;

  private static final Logger LOG = LoggerFactory.getLogger(HotKeys.class);
  private static final RedisScript SAVE = RedisScript.load(HotKeys.class, "save_hot_keys.lua");
  private static final int COUNT_DIGITS = 8;

  private final ReadThrough<K, V> reads;
  private final Function<String, ? extends K> keyOfText;
  private final HotKeysConfig config;
  private final @Nullable RedisBackend redis;
  private final byte[] redisKey;
  private final LongSupplier nanos;
  private volatile long savedNanos;

  HotKeys(
      ReadThrough<K, V> reads,
      Function<String, ? extends K> keyOfText,
      HotKeysConfig config,
      @Nullable RedisBackend redis,
      LongSupplier nanos) {
    this.reads = reads;
    this.keyOfText = requireNonNull(keyOfText, "keyOfText");
    this.config = requireNonNull(config, "config");
    this.redis = redis;
    this.redisKey =
        redis == null ? new byte[0] : redis.keys(reads.cache().name()).key("hot", "keys");
    this.nanos = nanos;
    this.savedNanos = nanos.getAsLong();
  }

  /**
   * Warms the cache with the keys of the last snapshot, the hottest first, a few chunks at a time
   * on {@code executor}, and waits for {@code deadline} at most. Failures are not thrown: a node
   * that can't be warmed starts cold. Cost: one read of the snapshot, then as {@link
   * ReadThrough#warm(java.util.Collection, Executor, Duration)}.
   */
  public WarmReport reload(Executor executor, Duration deadline) {
    try {
      return reads.warm(keys(), executor, deadline);
    } catch (RedisException e) {
      LOG.warn("The hottest keys are not known, so {} starts cold: {}", this, e.toString());
      return WarmReport.NOTHING;
    }
  }

  private List<K> keys() {
    if (redis == null) {
      return List.of();
    }
    byte[] stored = redis.guard().call((UnifiedJedis client) -> client.get(redisKey));
    List<K> keys = new ArrayList<>();
    for (String text : decode(stored)) {
      K key = keyOf(text);
      if (key != null && keys.size() < config.maxKeys()) {
        keys.add(key);
      }
    }
    return keys;
  }

  /** Null for a text that is no key of this cache, which another version may have saved. */
  private @Nullable K keyOf(String text) {
    try {
      K key = keyOfText.apply(text);
      return text.equals(reads.cache().keyText(key)) ? key : null;
    } catch (RuntimeException e) {
      LOG.debug("Not a key of {}", this, e);
      return null;
    }
  }

  /**
   * The keys in a snapshot: none for other bytes, and the complete ones of a truncated snapshot.
   */
  private static List<String> decode(byte @Nullable [] stored) {
    List<String> texts = new ArrayList<>();
    if (stored != null && stored.length > COUNT_DIGITS) {
      ByteBuffer bytes = ByteBuffer.wrap(stored, COUNT_DIGITS, stored.length - COUNT_DIGITS);
      while (bytes.remaining() > Short.BYTES) {
        byte[] text = new byte[Math.min(bytes.getShort() & 0xFFFF, bytes.remaining())];
        bytes.get(text);
        texts.add(new String(text, UTF_8));
      }
    }
    return texts;
  }

  /** Saves if it is time to. One round trip, on the caller's thread. */
  void saveWhenDue() {
    if (nanos.getAsLong() - savedNanos >= config.saveEvery().toNanos()) {
      save();
    }
  }

  /** Saves now, if there is anything to save; while Redis is down the old snapshot stays. */
  void save() {
    savedNanos = nanos.getAsLong();
    if (redis == null) {
      return;
    }
    List<byte[]> texts = new ArrayList<>();
    for (K key : reads.cache().hottest(config.maxKeys())) {
      byte[] text = reads.cache().keyText(key).getBytes(UTF_8);
      if (text.length <= TEXT_BYTES_MAX) {
        texts.add(text);
      }
    }
    if (texts.isEmpty()) {
      return;
    }
    try {
      Object unused =
          SAVE.run(
              redis.guard(),
              List.of(redisKey),
              List.of(
                  String.format(Locale.ROOT, "%0" + COUNT_DIGITS + "d", texts.size())
                      .getBytes(US_ASCII),
                  encode(texts),
                  Long.toString(config.keptFor().toMillis()).getBytes(US_ASCII)));
    } catch (RedisException e) {
      LOG.debug("The hottest keys of {} were not saved", this, e);
    }
  }

  private static byte[] encode(List<byte[]> texts) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (byte[] text : texts) {
      bytes.write(text.length >> 8);
      bytes.write(text.length);
      bytes.writeBytes(text);
    }
    return bytes.toByteArray();
  }

  @Override
  public String toString() {
    return "HotKeys[" + reads.cache().name() + ", " + config + "]";
  }
}
