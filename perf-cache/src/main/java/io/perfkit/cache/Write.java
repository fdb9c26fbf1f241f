package io.perfkit.cache;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * One change of one key, to be written to the source of the values. Immutable. {@code toString}
 * shows the key and never the value.
 *
 * @param key whose value changes
 * @param value the new value; null removes the key
 */
public record Write<K, V>(K key, @Nullable V value) {
  public Write {
    requireNonNull(key, "key");
  }

  /** Gives the key a value. */
  public static <K, V> Write<K, V> put(K key, V value) {
    return new Write<>(key, requireNonNull(value, "value"));
  }

  /** Removes the key's value. */
  public static <K, V> Write<K, V> remove(K key) {
    return new Write<>(key, null);
  }

  /** Whether it removes the key's value. */
  public boolean isRemoval() {
    return value == null;
  }

  @Override
  public String toString() {
    return (isRemoval() ? "remove " : "put ") + key;
  }
}
