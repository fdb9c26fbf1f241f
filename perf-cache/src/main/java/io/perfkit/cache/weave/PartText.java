package io.perfkit.cache.weave;

import io.perfkit.cache.internal.KeyText;
import io.perfkit.weave.Records;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The text of one part of a key, by its type. */
final class PartText {
  private static final String NULL = "\\N";

  private PartText() {}

  /**
   * @throws IllegalArgumentException for a type whose values have no unique text
   */
  static Function<Object, String> of(Class<?> type) {
    return of(type, List.of());
  }

  /**
   * @param within the records that it is a component of
   */
  private static Function<Object, String> of(Class<?> type, List<Class<?>> within) {
    Class<?> boxed = MethodType.methodType(type).wrap().returnType();
    Function<Object, String> obvious = KeyText.obvious(boxed);
    if (obvious != null) {
      return obvious;
    }
    if (boxed.isRecord()) {
      if (within.contains(boxed)) {
        throw new IllegalArgumentException(
            type.getSimpleName()
                + " can't be a key, for it contains itself; make the key of a part that says which"
                + " it is");
      }
      return ofRecord(boxed, within);
    }
    throw new IllegalArgumentException(
        type.getSimpleName()
            + " can't be a key (expected: String, a whole number, boolean, char, BigDecimal, UUID,"
            + " an enum, a java.time value, or a record of these)"
            + (type == Date.class ? "; name its milliseconds, as key = \"date.time\"" : ""));
  }

  /** The text of a record's fields, by which two records are equal; an accessor may show less. */
  private static Function<Object, String> ofRecord(Class<?> type, List<Class<?>> within) {
    if (Records.definesEquals(type)) {
      throw new IllegalArgumentException(
          type.getSimpleName()
              + " can't be a key, for it defines equals: equal ones could have several texts; give"
              + " its constructor one spelling and let the record compare its components, or make"
              + " the key of a part that says which it is");
    }
    List<Class<?>> around = new ArrayList<>(within);
    around.add(type);
    List<Function<Object, String>> texts = new ArrayList<>();
    List<Field> fields = new ArrayList<>();
    for (RecordComponent component : type.getRecordComponents()) {
      texts.add(of(component.getType(), around));
      fields.add(field(type, component.getName()));
    }
    return value -> {
      List<@Nullable Object> values = new ArrayList<>();
      for (Field field : fields) {
        values.add(read(field, value));
      }
      return join(texts, values);
    };
  }

  private static Field field(Class<?> type, String name) {
    try {
      Field field = type.getDeclaredField(name);
      if (!field.trySetAccessible()) {
        throw new IllegalArgumentException(
            type.getSimpleName()
                + " can't be a key, for its module keeps it closed; add to its module-info: opens "
                + type.getPackageName()
                + " to io.perfkit.cache");
      }
      return field;
    } catch (NoSuchFieldException e) {
      throw new LinkageError(name, e);
    }
  }

  private static @Nullable Object read(Field field, Object value) {
    try {
      return field.get(value);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("reading " + field, e);
    }
  }

  /** All parts in one text, from which the parts can be recovered. */
  static String join(List<Function<Object, String>> texts, List<@Nullable Object> values) {
    StringBuilder joined = new StringBuilder();
    for (int i = 0; i < values.size(); i++) {
      Object value = values.get(i);
      joined.append(i == 0 ? "" : ":");
      joined.append(value == null ? NULL : escape(texts.get(i).apply(value)));
    }
    return joined.toString();
  }

  private static String escape(String text) {
    return text.replace("\\", "\\\\").replace(":", "\\:");
  }
}
