package io.perfkit.redis;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Modifier;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Compares a value with its copy that was read back: by {@code equals} where there is one, arrays
 * by their elements, and objects without {@code equals} by their fields.
 */
final class ReadBack {
  private ReadBack() {}

  /** Null if they are the same, else the path to the first difference and its two classes. */
  static @Nullable String difference(@Nullable Object written, @Nullable Object read) {
    return difference("value", written, read);
  }

  private static @Nullable String difference(
      String path, @Nullable Object written, @Nullable Object read) {
    if (written == null || read == null) {
      return written == read ? null : differs(path, written, read);
    }
    if (written.equals(read)) {
      return null;
    }
    if (written instanceof List<?> some && read instanceof List<?> others) {
      return elements(path, some, others);
    }
    if (written instanceof Map<?, ?> some && read instanceof Map<?, ?> others) {
      return values(path, some, others);
    }
    if (written instanceof Pattern one && read instanceof Pattern other) {
      return Patterns.equal(one, other) ? null : differs(path, written, read);
    }
    Class<?> type = written.getClass();
    if (type != read.getClass()) {
      return differs(path, written, read);
    }
    if (type.isArray()) {
      return arrays(path, written, read);
    }
    return type.isRecord() || !hasEquals(type)
        ? fields(path, type, written, read)
        : differs(path, written, read);
  }

  private static @Nullable String elements(String path, List<?> written, List<?> read) {
    Iterator<?> others = read.iterator();
    int at = 0;
    for (Object element : written) {
      if (!others.hasNext()) {
        return differs(path, written, read);
      }
      String difference = difference(path + "[" + at++ + "]", element, others.next());
      if (difference != null) {
        return difference;
      }
    }
    return others.hasNext() ? differs(path, written, read) : null;
  }

  private static @Nullable String values(String path, Map<?, ?> written, Map<?, ?> read) {
    if (!Set.copyOf(written.keySet()).equals(Set.copyOf(read.keySet()))) {
      return differs(path, written, read);
    }
    for (Map.Entry<?, ?> entry : written.entrySet()) {
      String difference =
          difference(path + "." + entry.getKey(), entry.getValue(), read.get(entry.getKey()));
      if (difference != null) {
        return difference;
      }
    }
    return null;
  }

  private static @Nullable String arrays(String path, Object written, Object read) {
    int length = Array.getLength(written);
    if (length != Array.getLength(read)) {
      return differs(path, written, read);
    }
    for (int i = 0; i < length; i++) {
      String difference =
          difference(path + "[" + i + "]", Array.get(written, i), Array.get(read, i));
      if (difference != null) {
        return difference;
      }
    }
    return null;
  }

  private static @Nullable String fields(String path, Class<?> type, Object written, Object read) {
    for (Class<?> part = type;
        part != null && part != Object.class && part != Record.class;
        part = part.getSuperclass()) {
      for (Field field : part.getDeclaredFields()) {
        int modifiers = field.getModifiers();
        if (!Modifier.isStatic(modifiers) && !Modifier.isTransient(modifiers)) {
          String difference = field(path + "." + field.getName(), field, written, read);
          if (difference != null) {
            return difference;
          }
        }
      }
    }
    return null;
  }

  private static @Nullable String field(String path, Field field, Object written, Object read) {
    try {
      field.setAccessible(true);
      return difference(path, field.get(written), field.get(read));
    } catch (InaccessibleObjectException | IllegalAccessException e) {
      return null; // a field of a module that does not open it
    }
  }

  private static boolean hasEquals(Class<?> type) {
    try {
      return type.getMethod("equals", Object.class).getDeclaringClass() != Object.class;
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException("every object has equals", e);
    }
  }

  private static String differs(String path, @Nullable Object written, @Nullable Object read) {
    return "'" + path + "': " + name(written) + " was written and " + name(read) + " is read";
  }

  private static String name(@Nullable Object value) {
    return value == null ? "null" : "another " + value.getClass().getTypeName();
  }
}
