package io.perfkit.cache.weave;

import io.perfkit.cache.Cache;
import io.perfkit.cache.CacheConfig;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A cache as annotations see it, with the types and settings on which all that name it must agree.
 * Comes from the first {@code @Cacheable} of its name, or from the host. Thread safe.
 */
final class NamedCache {
  private final String name;
  private final KeyLayout keys;
  private final Type value;
  private final Optional<CacheConfig> config;
  private final String origin;
  private final Supplier<? extends Cache<?, ?>> maker;
  private @Nullable Cache<Object, Object> made;

  private NamedCache(
      String name,
      KeyLayout keys,
      Type value,
      Optional<CacheConfig> config,
      String origin,
      Supplier<? extends Cache<?, ?>> maker) {
    this.name = name;
    this.keys = keys;
    this.value = value;
    this.config = config;
    this.origin = origin;
    this.maker = maker;
  }

  /**
   * A cache that an annotation declares.
   *
   * @param maker makes the cache when it is needed for the first time
   */
  static NamedCache declared(
      String name,
      KeyLayout keys,
      Type value,
      CacheConfig config,
      String origin,
      Supplier<? extends Cache<?, ?>> maker) {
    return new NamedCache(name, keys, value, Optional.of(config), origin, maker);
  }

  /** A cache that the host made, with the host's settings. */
  static NamedCache existing(Cache<?, ?> cache, Class<?> key, Class<?> value) {
    return new NamedCache(
        cache.name(),
        KeyLayout.itself(key),
        value,
        Optional.empty(),
        "the cache given to the aspect",
        () -> cache);
  }

  String name() {
    return name;
  }

  KeyLayout keys() {
    return keys;
  }

  Type value() {
    return value;
  }

  /** Its settings by annotations; empty if they are the host's. */
  Optional<CacheConfig> config() {
    return config;
  }

  /** The method or host that it comes from, for messages. */
  String origin() {
    return origin;
  }

  /** The cache, created now if it does not exist yet; its keys have the layout {@link #keys()}. */
  @SuppressWarnings("unchecked") // keys and values were compared when weaving
  synchronized Cache<Object, Object> cache() {
    Cache<Object, Object> cache = made;
    if (cache == null) {
      cache = (Cache<Object, Object>) maker.get();
      made = cache;
    }
    return cache;
  }

  static String names(List<Class<?>> types) {
    return types.stream().map(Class::getSimpleName).collect(Collectors.joining(", ", "(", ")"));
  }
}
