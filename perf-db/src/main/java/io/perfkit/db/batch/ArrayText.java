package io.perfkit.db.batch;

import java.lang.reflect.Array;
import java.sql.SQLException;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Writes arrays in PostgreSQL's text form: {@code {"a","b\"c",NULL}}. */
final class ArrayText {
  private ArrayText() {}

  /**
   * The array's text.
   *
   * @param value a collection, an array or an SQL array, whose elements fit {@code element}
   */
  static String of(Object value, ColumnType element) {
    if (value instanceof java.sql.Array array && isOf(array, element)) {
      return array.toString(); // as the driver sends it
    }
    Object elements = elements(value);
    if (elements == null) {
      throw new ClassCastException();
    }
    StringBuilder text = new StringBuilder("{");
    for (int i = 0; i < Array.getLength(elements); i++) {
      text.append(i == 0 ? "" : element.delimiter());
      append(text, Array.get(elements, i), element);
    }
    return text.append('}').toString();
  }

  private static boolean isOf(java.sql.Array array, ColumnType element) {
    try {
      return element.names().contains(array.getBaseTypeName());
    } catch (SQLException failure) {
      throw unreadable(array, failure);
    }
  }

  private static IllegalArgumentException unreadable(java.sql.Array array, SQLException failure) {
    return new IllegalArgumentException(
        "a " + array.getClass().getName() + " (expected: one that can be read)", failure);
  }

  private static void append(StringBuilder text, @Nullable Object value, ColumnType element) {
    if (value != null && isDimension(value, element)) {
      text.append(of(value, element));
      return;
    }
    String item = value == null ? null : element.text(value);
    if (item == null) {
      text.append("NULL");
    } else {
      text.append('"').append(item.replace("\\", "\\\\").replace("\"", "\\\"")).append('"');
    }
  }

  /** Whether the value is a further dimension rather than an element that is itself an array. */
  private static boolean isDimension(Object value, ColumnType element) {
    return element.element() == null && elements(value) != null;
  }

  private static @Nullable Object elements(Object value) {
    if (value instanceof Collection<?> many) {
      return many.toArray();
    }
    if (value instanceof java.sql.Array many) {
      try {
        return many.getArray();
      } catch (SQLException failure) {
        throw unreadable(many, failure);
      }
    }
    return value.getClass().isArray() && !(value instanceof byte[]) ? value : null;
  }
}
