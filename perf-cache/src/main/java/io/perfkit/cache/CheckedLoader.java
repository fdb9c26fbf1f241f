package io.perfkit.cache;

import org.jspecify.annotations.Nullable;

/**
 * Loads a value and may throw a checked exception.
 *
 * @param <K> keys
 * @param <V> values
 * @param <E> the exception that it throws
 */
@FunctionalInterface
public interface CheckedLoader<K, V, E extends Exception> {

  /** The value of {@code key}; null says that there is none. */
  @Nullable V load(K key) throws E;
}
