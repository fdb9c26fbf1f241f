package io.perfkit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * A number that changes when the stored shape of a class may have changed: CRC-32C over the sorted
 * lines {@code class field:type} of the class and of every class of the application that its fields
 * name, with the subtypes of a sealed class or of one with {@code @JsonSubTypes}; an enum
 * contributes its constants. Classes of the JDK count by name only.
 */
final class ClassSchema {
  private ClassSchema() {}

  static int hash(Type type) {
    TreeMap<String, String> shapes = new TreeMap<>();
    if (!(type instanceof Class<?>)) {
      shapes.put(type.getTypeName(), ""); // a list and a set of the same class differ
    }
    Deque<Type> open = new ArrayDeque<>();
    open.add(type);
    while (!open.isEmpty()) {
      Type next = open.remove();
      if (next instanceof ParameterizedType generic) {
        open.add(generic.getRawType());
        open.addAll(Arrays.asList(generic.getActualTypeArguments()));
      } else if (next instanceof GenericArrayType array) {
        open.add(array.getGenericComponentType());
      } else if (next instanceof WildcardType wildcard) {
        open.addAll(Arrays.asList(wildcard.getUpperBounds()));
      } else if (next instanceof Class<?> shape) {
        if (shape.isArray()) {
          open.add(shape.getComponentType());
        } else if (!isJdk(shape) && !shapes.containsKey(shape.getName())) {
          shapes.put(shape.getName(), describe(shape, open));
        }
      }
    }
    CRC32C crc = new CRC32C();
    crc.update(shapes.toString().getBytes(UTF_8));
    return (int) crc.getValue();
  }

  private static String describe(Class<?> shape, Deque<Type> open) {
    StringBuilder lines = new StringBuilder();
    if (shape.isEnum()) {
      for (Object constant : shape.getEnumConstants()) {
        lines.append(((Enum<?>) constant).name()).append(' ');
      }
      return lines.toString();
    }
    if (shape.getGenericSuperclass() != null) {
      open.add(shape.getGenericSuperclass());
      lines.append("extends ").append(shape.getGenericSuperclass().getTypeName()).append(' ');
    }
    for (Class<?> subtype : subtypes(shape)) {
      open.add(subtype);
      lines.append("or ").append(subtype.getName()).append(' ');
    }
    Field[] fields = shape.getDeclaredFields();
    Arrays.sort(fields, Comparator.comparing(Field::getName));
    for (Field field : fields) {
      if (!Modifier.isStatic(field.getModifiers()) && !field.isSynthetic()) {
        lines.append(field.getName()).append(':').append(field.getGenericType().getTypeName());
        lines.append(' ');
        open.add(field.getGenericType());
      }
    }
    return lines.toString();
  }

  /** Permitted subclasses of a sealed type, and those that Jackson's annotation names. */
  static List<Class<?>> subtypes(Class<?> shape) {
    List<Class<?>> subtypes = new ArrayList<>();
    if (shape.isSealed()) {
      subtypes.addAll(Arrays.asList(shape.getPermittedSubclasses()));
    }
    JsonSubTypes named = shape.getDeclaredAnnotation(JsonSubTypes.class);
    if (named != null) {
      for (JsonSubTypes.Type type : named.value()) {
        subtypes.add(type.value());
      }
    }
    return subtypes;
  }

  /** Whether the JDK declares the type; Jackson has forms of its own for such types. */
  static boolean isJdk(Class<?> type) {
    return type.isPrimitive() || type.getName().startsWith("java.");
  }
}
