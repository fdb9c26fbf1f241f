package io.perfkit.db.batch;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The values of a row's key columns. Ordered, so that transactions of all writers lock rows in one
 * order. Immutable.
 */
final class RowKey implements Comparable<RowKey> {
  private final Object[] parts;
  private final Object[] comparable;
  private final int hash;
  private final int comparableHash;

  RowKey(Object[] parts) {
    this(parts, parts);
  }

  /**
   * @param comparable the parts whose equality in the database Java can tell
   */
  RowKey(Object[] parts, Object[] comparable) {
    this.parts = parts;
    this.comparable = comparable;
    this.hash = Arrays.hashCode(parts);
    this.comparableHash = comparable == parts ? hash : Arrays.hashCode(comparable);
  }

  /** The one of {@code count} workers that writes this key and all keys that may equal it. */
  int worker(int count) {
    return Math.floorMod(comparableHash ^ (comparableHash >>> 16), count);
  }

  /** Equal for keys that may be equal in the database. */
  Object comparable() {
    return comparable == parts ? this : List.of(comparable);
  }

  /** Whether the two may be equal in the database. */
  static boolean mayBeEqual(@Nullable RowKey key, @Nullable RowKey other) {
    return key != null && other != null && key.compareTo(other) == 0;
  }

  /** Zero for keys that may be equal in the database, so rows of these keep their order. */
  @Override
  public int compareTo(RowKey other) {
    for (int i = 0; i < comparable.length; i++) {
      int order = compare(comparable[i], other.comparable[i]);
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  /** Parts of one column that differ in class are ordered by class, which keeps it transitive. */
  @SuppressWarnings("unchecked")
  private static int compare(Object part, Object other) {
    return part.getClass() == other.getClass()
        ? ((Comparable<Object>) part).compareTo(other)
        : part.getClass().getName().compareTo(other.getClass().getName());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RowKey key && hash == key.hash && Arrays.equals(parts, key.parts);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  /** Omits the values. */
  @Override
  public String toString() {
    return "RowKey[" + parts.length + " parts]";
  }
}
