package io.perfkit.cache.weave;

import io.perfkit.cache.Cache;
import io.perfkit.cache.CacheConfig;
import io.perfkit.cache.Caches;
import io.perfkit.redis.Codec;
import io.perfkit.redis.KeySpace;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Creates the caches that annotations declare.
 *
 * @param config settings where annotations set none
 * @param configs the same for caches of a name
 * @param codecs by name, for caches whose codec does not follow from the type of their values
 * @param placeholders of the host, in durations
 */
record CacheMaker(
    Caches caches,
    CacheConfig config,
    Map<String, CacheConfig> configs,
    Map<String, Codec<?>> codecs,
    Placeholders placeholders) {

  /**
   * A cache to be created later; all its settings are checked now.
   *
   * @throws IllegalArgumentException if there can be no such cache
   */
  NamedCache declare(
      CacheSlot slot, List<Class<?>> keyTypes, Type value, CacheConfig settings, String origin) {
    if (caches.closed()) {
      throw new IllegalArgumentException("closed: " + caches + " (expected: caches that are open)");
    }
    String name = slot.name();
    KeySpace.of("caches", name); // checks the name
    KeyLayout made = KeyLayout.of(keyTypes);
    KeyLayout keys = slot.openedLayout().filter(known -> known.takes(keyTypes)).orElse(made);
    Codec<?> codec = codec(name, value);
    Optional<String> objection = slot.objection(keys, value, settings);
    if (objection.isPresent()) {
      throw new IllegalArgumentException(objection.get());
    }
    return NamedCache.declared(
        name, keys, value, settings, origin, () -> slot.open(keys, settings, codec, this));
  }

  Cache<Object, Object> open(
      String name, Function<Object, String> keyText, Codec<Object> codec, CacheConfig settings) {
    return caches.<Object, Object>cache(name, keyText, codec, settings);
  }

  /**
   * A duration as annotations write it, with the host's properties in place of placeholders.
   *
   * @throws IllegalArgumentException for a text that is no duration
   */
  Duration duration(String attribute, String text) {
    String resolved = placeholders.resolve(attribute, text);
    try {
      return TtlText.parse(attribute, resolved);
    } catch (IllegalArgumentException e) {
      throw resolved.equals(text)
          ? e
          : new IllegalArgumentException(e.getMessage() + ", from \"" + text + "\"", e);
    }
  }

  /** The settings of a cache with these times; an empty one is not set. */
  CacheConfig settings(String name, String ttl, String localTtl) {
    CacheConfig base = configs.getOrDefault(name, config);
    Duration l2 = ttl.isEmpty() ? base.l2Ttl() : duration("ttl", ttl);
    Duration open = base.l1Ttl().compareTo(l2) < 0 ? base.l1Ttl() : l2;
    Duration l1 = localTtl.isEmpty() ? open : duration("localTtl", localTtl);
    if (l1.compareTo(l2) > 0) {
      throw new IllegalArgumentException(
          "localTtl: \"" + localTtl + "\" (expected: at most the ttl, " + l2 + ")");
    }
    return base.toBuilder().l1Ttl(l1).l2Ttl(l2).build();
  }

  /**
   * The codec for the values of a cache.
   *
   * @throws IllegalArgumentException if their type has no codec
   */
  Codec<?> codec(String name, Type value) {
    Codec<?> given = codecs.get(name);
    if (given != null) {
      return given;
    }
    if (value == String.class) {
      return Codec.string();
    }
    if (value == Long.class) {
      return Codec.longs();
    }
    if (value == byte[].class) {
      return Codec.bytes();
    }
    if (ScalarCodec.isFor(value)) {
      return ScalarCodec.of((Class<?>) value);
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
}
