package io.perfkit.db.batch;

import java.lang.reflect.InvocationTargetException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A {@code PGobject} of PostgreSQL's driver, or of a subclass: a type name and a text. Read by
 * reflection, since the driver belongs to the host. Immutable.
 */
record DriverValue(String type, @Nullable String text) {

  /** Null if the value is of no such class. */
  static @Nullable DriverValue of(Object value) {
    for (Class<?> type = value.getClass(); type != null; type = type.getSuperclass()) {
      if (type.getName().equals("org.postgresql.util.PGobject")) {
        return new DriverValue(call(type, "getType", value, ""), call(type, "getValue", value));
      }
    }
    return null;
  }

  private static String call(Class<?> type, String method, Object value, String otherwise) {
    String found = call(type, method, value);
    return found == null ? otherwise : found.toLowerCase(Locale.ROOT).replace("\"", "");
  }

  private static @Nullable String call(Class<?> type, String method, Object value) {
    try {
      return (String) type.getMethod(method).invoke(value);
    } catch (InvocationTargetException thrown) {
      throw new IllegalArgumentException(
          method + " of a " + value.getClass().getName() + " failed", thrown.getCause());
    } catch (ReflectiveOperationException changed) {
      throw new IllegalArgumentException(
          "a " + value.getClass().getName() + " (expected: one with " + method + ")", changed);
    }
  }
}
