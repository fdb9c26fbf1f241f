package io.perfkit.db.batch;

import java.util.Arrays;

/**
 * The values of a row's key columns. Ordered, so that transactions of all writers lock rows in one
 * order. Immutable.
 */
final class RowKey implements Comparable<RowKey> {
  private final Object[] parts;
  private final int hash;

  RowKey(Object[] parts) {
    this.parts = parts;
    this.hash = Arrays.hashCode(parts);
  }

  /** Which of {@code count} lanes keeps the order of this key. */
  int lane(int count) {
    return Math.floorMod(hash ^ (hash >>> 16), count);
  }

  @Override
  public int compareTo(RowKey other) {
    for (int i = 0; i < parts.length; i++) {
      int order = compare(parts[i], other.parts[i]);
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  /** Where parts of one column differ in class, that decides: so the order has no circle. */
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

  /** Without the values. */
  @Override
  public String toString() {
    return "RowKey[" + parts.length + " parts]";
  }
}
