package io.perfkit.db.batch;

import io.perfkit.db.batch.BatchTable.Column;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A column as resolved from the database: its quoted name and its type. Immutable. */
record ResolvedColumn<R>(
    String name,
    String quotedName,
    boolean key,
    boolean updated,
    ColumnType type,
    Function<? super R, ? extends @Nullable Object> value) {

  static <R> ResolvedColumn<R> of(Column<R> column, String quotedName, ColumnType type) {
    return new ResolvedColumn<>(
        column.name(), quotedName, column.key(), column.updated(), type, column.value());
  }

  Encoding encoding() {
    return type.encoding();
  }

  /** The value of a row as the host's function returns it. */
  @Nullable Object given(R row) {
    return value.apply(row);
  }

  /**
   * The value in the form that the buffer holds.
   *
   * @throws IllegalArgumentException if it does not fit the column
   */
  @Nullable Object encode(@Nullable Object given) {
    try {
      return given == null ? null : type.encode(given);
    } catch (IllegalArgumentException mismatch) {
      throw misfit(mismatch);
    }
  }

  /**
   * A value that the buffer holds in the form of the column's former type.
   *
   * @throws IllegalArgumentException if it does not fit the column any more
   */
  @Nullable Object recode(ColumnType before, @Nullable Object encoded) {
    try {
      return encoded == null ? null : type.recode(before, encoded);
    } catch (IllegalArgumentException mismatch) {
      throw misfit(mismatch);
    }
  }

  /**
   * What represents the value in a key.
   *
   * @throws IllegalArgumentException if it can't be part of one
   */
  Object keyPart(@Nullable Object given, @Nullable Object encoded) {
    if (given == null || encoded == null) {
      throw new IllegalArgumentException(
          name + ": null (expected: a value, since it is part of the key)");
    }
    try {
      return type.keyPart(given, encoded);
    } catch (IllegalArgumentException mismatch) {
      throw misfit(mismatch);
    }
  }

  private IllegalArgumentException misfit(IllegalArgumentException mismatch) {
    return new IllegalArgumentException(
        name + " (" + type.shown() + "): " + mismatch.getMessage(), mismatch);
  }
}
