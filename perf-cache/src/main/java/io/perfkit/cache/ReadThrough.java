package io.perfkit.cache;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A read-through cache: a cache together with the loader of its values. Immutable, thread safe as
 * its loader is.
 *
 * @param <K> keys
 * @param <V> values
 */
public final class ReadThrough<K, V> {
  private final Cache<K, V> cache;
  private final Function<? super Set<K>, ? extends Map<K, Entry<V>>> loader;
  private final Function<K, Entry<V>> single = this::load; // once: a hit allocates nothing

  private ReadThrough(
      Cache<K, V> cache, Function<? super Set<K>, ? extends Map<K, Entry<V>>> loader) {
    this.cache = requireNonNull(cache, "cache");
    this.loader = loader;
  }

  /**
   * Loads key by key.
   *
   * @param loader as for {@link Cache#get}; null says that there is no value
   */
  public static <K, V> ReadThrough<K, V> of(
      Cache<K, V> cache, Function<? super K, ? extends @Nullable V> loader) {
    requireNonNull(loader, "loader");
    return new ReadThrough<>(
        cache,
        keys -> {
          Map<K, Entry<V>> entries = new LinkedHashMap<>();
          keys.forEach(key -> entries.put(key, Entry.ofNullable(loader.apply(key))));
          return entries;
        });
  }

  /**
   * Loads all keys of a call at once.
   *
   * @param loader as for {@link Cache#getAll}; a key that its result lacks has no value
   */
  public static <K, V> ReadThrough<K, V> ofAll(
      Cache<K, V> cache, Function<? super Set<K>, ? extends Map<K, V>> loader) {
    requireNonNull(loader, "loader");
    return new ReadThrough<>(
        cache,
        keys -> {
          Map<K, Entry<V>> entries = new LinkedHashMap<>();
          requireNonNull(loader.apply(keys), "loaded")
              .forEach((key, value) -> entries.put(key, Entry.of(value)));
          return entries;
        });
  }

  /** As {@link #ofAll}, with a loader that also says how each value is kept. */
  public static <K, V> ReadThrough<K, V> ofAllEntries(
      Cache<K, V> cache, Function<? super Set<K>, ? extends Map<K, Entry<V>>> loader) {
    return new ReadThrough<>(cache, requireNonNull(loader, "loader"));
  }

  /** The cache, for operations that need no loader. */
  public Cache<K, V> cache() {
    return cache;
  }

  /** As {@link Cache#get(Object, Function)}. */
  public @Nullable V get(K key) {
    return cache.getEntry(key, single);
  }

  /** As {@link Cache#refresh}. */
  public @Nullable V refresh(K key) {
    cache.invalidate(key);
    return get(key);
  }

  private Entry<V> load(K key) {
    return loaded(Set.of(key)).getOrDefault(key, Entry.absent());
  }

  /** As {@link Cache#getAll}. */
  public Map<K, V> getAll(Collection<? extends K> keys) {
    return cache.getAllEntries(keys, this::loaded);
  }

  /**
   * Loads what neither level holds, chunk after chunk of {@value Warming#CHUNK} keys, so that later
   * reads find it. Blocks; each chunk takes one round trip, one call of the loader for what is
   * absent, and one more round trip. A chunk whose load fails is reported and the next goes on.
   */
  public WarmReport warm(Collection<? extends K> keys) {
    Warming<K, V> warming = new Warming<>(this, keys);
    warming.run();
    return warming.report();
  }

  /**
   * As {@link #warm(Collection)} with up to {@value Warming#TOGETHER_MAX} chunks at a time on
   * {@code executor}, waiting for {@code deadline} at most; an interrupt ends the wait and stays
   * set. Chunks that have begun by then go on, later ones are left.
   */
  public WarmReport warm(Collection<? extends K> keys, Executor executor, Duration deadline) {
    return new Warming<>(this, keys)
        .runOn(requireNonNull(executor, "executor"), requireNonNull(deadline, "deadline"));
  }

  /** Runs the loader. */
  Map<K, Entry<V>> loaded(Set<K> keys) {
    return requireNonNull(loader.apply(keys), "loaded");
  }

  @Override
  public String toString() {
    return "ReadThrough[" + cache + "]";
  }
}
