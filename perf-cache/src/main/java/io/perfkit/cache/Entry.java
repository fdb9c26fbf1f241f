package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.perfkit.redis.Printable;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A value with the TTL and tags that a loader or writer gives it. Immutable.
 *
 * @param value null means that there is no value, which is kept for the cache's {@code absentTtl}
 * @param maxTtl longest life in both levels; the cache's own TTLs may end it sooner; zero keeps the
 *     value nowhere: it only reaches the callers that wait for it
 * @param tags the entry ends with each of them by {@link Cache#invalidateTag}; at most {@value
 *     #MAX_TAGS} of at most {@value #MAX_TAG_BYTES} bytes
 */
public record Entry<V>(@Nullable V value, Duration maxTtl, Set<String> tags) {

  /** Most tags of an entry. */
  public static final int MAX_TAGS = 16;

  /** Most bytes of a tag in UTF-8. */
  public static final int MAX_TAG_BYTES = 200;

  public Entry {
    if (!maxTtl.isZero()) {
      CacheConfig.requireTtl("maxTtl", maxTtl);
    }
    tags = Set.copyOf(tags);
    if (tags.size() > MAX_TAGS) {
      throw new IllegalArgumentException(
          "tags: " + tags.size() + " of them (expected: at most " + MAX_TAGS + ")");
    }
    tags.forEach(Entry::requireTag);
  }

  /** A value with the cache's TTLs and without tags. */
  public static <V> Entry<V> of(V value) {
    return new Entry<>(requireNonNull(value, "value"), CacheConfig.TTL_MAX, Set.of());
  }

  /** Says that there is no value. */
  public static <V> Entry<V> absent() {
    return new Entry<>(null, CacheConfig.TTL_MAX, Set.of());
  }

  static <V> Entry<V> ofNullable(@Nullable V value) {
    return value == null ? absent() : of(value);
  }

  /** The same value with a shorter life. */
  public Entry<V> withTtl(Duration atMost) {
    CacheConfig.requireTtl("maxTtl", atMost);
    return new Entry<>(value, atMost, tags);
  }

  /** The same value, kept nowhere. */
  public Entry<V> unkept() {
    return new Entry<>(value, Duration.ZERO, tags);
  }

  /** The same value with these tags. */
  public Entry<V> withTags(String... newTags) {
    return new Entry<>(value, maxTtl, Set.of(newTags));
  }

  static String requireTag(String tag) {
    int bytes = requireNonNull(tag, "tag").getBytes(UTF_8).length;
    if (bytes == 0 || bytes > MAX_TAG_BYTES) {
      throw new IllegalArgumentException(
          "tag: " + Printable.of(tag) + " (expected: 1 to " + MAX_TAG_BYTES + " bytes)");
    }
    if (!UTF_8.newEncoder().canEncode(tag)) {
      throw new IllegalArgumentException(
          "tag: half of a surrogate pair (expected: text that UTF-8 can write)");
    }
    return tag;
  }
}
