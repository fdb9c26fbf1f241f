package io.perfkit.db.batch;

import io.perfkit.db.batch.BatchTable.Column;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A {@link BatchTable} as its database has it: what the rows become. Immutable.
 *
 * @param onConflict what becomes of a row whose key is there
 * @param keyColumns by which rows are kept in order; zero where they are only inserted
 */
record Target<R>(
    Database database,
    String quotedName,
    List<Part<R>> parts,
    OnConflict onConflict,
    int keyColumns) {

  /** A column that was found: its name in SQL, what it holds, and its type's name there. */
  record Part<R>(
      String name,
      String quotedName,
      boolean key,
      Kind kind,
      String sqlType,
      Function<? super R, ? extends @Nullable Object> value) {

    static <R> Part<R> of(Column<R> column, String quotedName, Kind kind, String sqlType) {
      return new Part<>(column.name(), quotedName, column.key(), kind, sqlType, column.value());
    }
  }

  Target {
    parts = List.copyOf(parts);
  }

  /** Whether rows have a key, by which they are kept in order. */
  boolean hasKey() {
    return keyColumns > 0;
  }

  /** Whether a row replaces the one of the same key. */
  boolean upsert() {
    return onConflict == OnConflict.UPDATE;
  }

  /** Whether a row that is written a second time changes nothing. */
  boolean isRepeatable() {
    return onConflict != OnConflict.REJECT;
  }

  /**
   * The row as it waits in the buffer. What the functions of the columns throw passes through.
   *
   * @throws IllegalArgumentException if a value does not fit its column, or a key is null
   */
  Pending<R> pending(R row, long nowNanos) {
    @Nullable Object[] values = new Object[parts.size()];
    Object[] keyParts = new Object[keyColumns];
    int bytes = 0;
    int keys = 0;
    for (int i = 0; i < values.length; i++) {
      Part<R> part = parts.get(i);
      Object value = convert(part, part.value().apply(row));
      values[i] = value;
      bytes += value == null ? 1 : Kind.bytes(value);
      if (hasKey() && part.key()) {
        if (value == null) {
          throw new IllegalArgumentException(
              part.name() + ": null (expected: a value, since it is part of the key)");
        }
        keyParts[keys++] = part.kind().keyPart(value);
      }
    }
    return new Pending<>(row, values, hasKey() ? new RowKey(keyParts) : null, bytes, nowNanos);
  }

  private static @Nullable Object convert(Part<?> part, @Nullable Object value) {
    try {
      return value == null ? null : part.kind().convert(value);
    } catch (IllegalArgumentException mismatch) {
      throw new IllegalArgumentException(
          part.name() + " (" + part.sqlType() + "): " + mismatch.getMessage(), mismatch);
    }
  }
}
