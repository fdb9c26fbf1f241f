package io.perfkit.cache.weave;

import static java.util.Objects.requireNonNull;

import io.perfkit.cache.Cache;
import io.perfkit.cache.CacheConfig;
import io.perfkit.redis.Codec;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state of one cache name among annotations: a {@code @Cacheable} has declared it, or so far
 * others only change it. A change that runs before the declaration opens the cache, since entries
 * in Redis and on other nodes must end even so; a later declaration uses that cache. Thread safe.
 */
final class CacheSlot {
  private static final Logger LOG = LoggerFactory.getLogger(CacheSlot.class);

  private final String name;
  private final List<Use> uses = new ArrayList<>();
  private final Set<ImpliedBy> implied = new LinkedHashSet<>();
  private final LateCodec codec = new LateCodec();
  private @Nullable NamedCache declared;
  private @Nullable KeyLayout layout;
  private @Nullable CacheConfig openedWith;
  private @Nullable Cache<Object, Object> opened;

  CacheSlot(String name) {
    this.name = name;
  }

  /**
   * A method that changes the cache.
   *
   * @param keys the types of its key; empty if it changes more than one entry
   * @param value what it puts; empty if it puts nothing
   */
  record Use(String origin, Optional<List<Class<?>>> keys, Optional<Type> value) {}

  String name() {
    return name;
  }

  synchronized Optional<NamedCache> declared() {
    return Optional.ofNullable(declared);
  }

  synchronized boolean isUsed() {
    return !uses.isEmpty();
  }

  synchronized void use(Use use) {
    uses.add(use);
  }

  /** The methods woven so far that take this name from their class. */
  synchronized Set<ImpliedBy> implied() {
    return Set.copyOf(implied);
  }

  synchronized void imply(Set<ImpliedBy> methods) {
    implied.addAll(methods);
  }

  /**
   * Why a cache of these types and settings conflicts with the methods woven so far; empty if not.
   */
  synchronized Optional<String> objection(KeyLayout keys, Type value, CacheConfig settings) {
    for (Use use : uses) {
      if (use.keys().isPresent() && !keys.takes(use.keys().get())) {
        return Optional.of(
            "its key %s is not the key %s by which %s changes cache '%s'; make them the same types"
                .formatted(
                    NamedCache.names(keys.types()),
                    NamedCache.names(use.keys().get()),
                    use.origin(),
                    name));
      }
      if (use.value().isPresent() && !use.value().get().equals(value)) {
        return Optional.of(
            "its value %s is not the value %s that %s puts into cache '%s'; use another cache"
                .formatted(
                    value.getTypeName(), use.value().get().getTypeName(), use.origin(), name));
      }
    }
    if (openedWith != null && !openedWith.equals(settings)) {
      return Optional.of(
          "cache '%s' was opened before, by a call of %s, with other settings; weave this class"
                  .formatted(name, uses.get(0).origin())
              + " before such calls, or give both the settings by CacheAspect.builder(..)"
              + ".config(\"%s\", ..)".formatted(name));
    }
    return Optional.empty();
  }

  /** Declares the cache, after its class was accepted. */
  synchronized void declare(NamedCache cache) {
    if (declared == null) {
      declared = cache;
    }
  }

  /** The layout of the cache that a change opened, if one did. */
  synchronized Optional<KeyLayout> openedLayout() {
    return Optional.ofNullable(layout);
  }

  /**
   * The cache as declared, created now if it does not exist yet.
   *
   * @throws IllegalStateException if another declaration of it came first
   */
  synchronized Cache<Object, Object> open(
      KeyLayout keys, CacheConfig settings, Codec<?> itsCodec, CacheMaker maker) {
    codec.set(itsCodec);
    if (opened != null && (!settings.equals(openedWith) || (layout != null && layout != keys))) {
      throw new IllegalStateException(
          "cache '" + name + "' was declared by two classes at once (expected: the same settings)");
    }
    layout = keys;
    if (opened == null) {
      openedWith = settings;
      opened = maker.open(name, keys::text, codec, settings);
    }
    return opened;
  }

  /**
   * The cache and its keys, for a change that may come before any declaration.
   *
   * @param keys how the change makes keys
   */
  Opened opened(Optional<List<Class<?>>> keys, CacheMaker maker) {
    NamedCache known = declared().orElse(null);
    if (known != null) {
      return new Opened(known.cache(), known.keys());
    }
    synchronized (this) {
      if (layout == null && keys.isPresent()) {
        layout = KeyLayout.of(keys.get());
      }
      if (opened == null) {
        LOG.warn(
            "cache '{}' is changed by {}, and no @Cacheable has declared it yet; it is opened with"
                + " the settings of the aspect",
            name,
            uses.get(0).origin());
        openedWith = maker.settings(name, "", "");
        opened = maker.open(name, this::text, codec, openedWith);
      }
      return new Opened(opened, layout);
    }
  }

  /**
   * A cache that is open.
   *
   * @param keys null only where no change so far has a key
   */
  record Opened(Cache<Object, Object> cache, @Nullable KeyLayout keys) {
    Object key(@Nullable Object[] parts) {
      return requireNonNull(keys, "keys").key(parts);
    }
  }

  private synchronized String text(Object key) {
    if (layout == null) {
      throw new IllegalStateException("cache '" + name + "': a key before its types were known");
    }
    return layout.text(key);
  }

  /** Sets the codec of a put, which may be the first to know the type of the values. */
  void codec(Codec<?> ofPut) {
    codec.set(ofPut);
  }
}
