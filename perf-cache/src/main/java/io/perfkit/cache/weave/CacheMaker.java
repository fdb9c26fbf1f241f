package io.perfkit.cache.weave;

import io.perfkit.cache.CacheConfig;
import io.perfkit.cache.Caches;
import io.perfkit.redis.Codec;
import io.perfkit.redis.KeySpace;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Makes the caches that annotations declare.
 *
 * @param config what annotations leave open
 * @param codecs for caches whose values are not as their type says
 */
record CacheMaker(Caches caches, CacheConfig config, Map<String, Codec<?>> codecs) {

  /**
   * A cache to be made later; everything about it is checked now.
   *
   * @throws IllegalArgumentException if there can be no such cache
   */
  NamedCache declare(
      String name, List<Class<?>> keyTypes, Type value, CacheConfig settings, String origin) {
    KeySpace.of("caches", name); // says what a name may be
    KeyLayout keys = KeyLayout.of(keyTypes);
    Codec<?> codec = codecs.containsKey(name) ? codecs.get(name) : codecOf(name, value);
    return NamedCache.declared(
        name,
        keys,
        value,
        settings,
        origin,
        () -> caches.<Object, Object>cache(name, keys::text, untyped(codec), settings));
  }

  /** The settings with these times; an empty one is left open. */
  CacheConfig settings(String ttl, String localTtl) {
    Duration l2 = ttl.isEmpty() ? config.l2Ttl() : TtlText.parse("ttl", ttl);
    Duration open = config.l1Ttl().compareTo(l2) < 0 ? config.l1Ttl() : l2;
    Duration l1 = localTtl.isEmpty() ? open : TtlText.parse("localTtl", localTtl);
    if (l1.compareTo(l2) > 0) {
      throw new IllegalArgumentException(
          "localTtl: \"" + localTtl + "\" (expected: at most the ttl, " + l2 + ")");
    }
    return config.toBuilder().l1Ttl(l1).l2Ttl(l2).build();
  }

  private static Codec<?> codecOf(String name, Type value) {
    if (value == String.class) {
      return Codec.string();
    }
    if (value == Long.class) {
      return Codec.longs();
    }
    if (value == byte[].class) {
      return Codec.bytes();
    }
    try {
      return Codec.json(value);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "cache '"
              + name
              + "' has no codec of its own, and "
              + e.getMessage()
              + "; give one by CacheAspect.builder(caches).codec(\""
              + name
              + "\", ..)",
          e);
    }
  }

  @SuppressWarnings("unchecked") // values are of the method's result type, and so is the codec
  private static Codec<Object> untyped(Codec<?> codec) {
    return (Codec<Object>) codec;
  }
}
