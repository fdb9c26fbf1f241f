package io.perfkit.cache.weave;

import io.perfkit.cache.internal.KeyText;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The text of one part of a key, by its type. */
final class PartText {
  private static final String NULL = "\\N";

  private PartText() {}

  /**
   * @throws IllegalArgumentException for a type whose values have no one text
   */
  static Function<Object, String> of(Class<?> type) {
    Class<?> boxed = MethodType.methodType(type).wrap().returnType();
    Function<Object, String> obvious = KeyText.obvious(boxed);
    if (obvious != null) {
      return obvious;
    }
    if (boxed.isRecord()) {
      return ofRecord(boxed);
    }
    throw new IllegalArgumentException(
        type.getSimpleName()
            + " can't be a key (expected: String, a whole number, boolean, char, BigDecimal, UUID,"
            + " an enum, a java.time value, or a record of these)");
  }

  private static Function<Object, String> ofRecord(Class<?> type) {
    List<Function<Object, String>> texts = new ArrayList<>();
    List<Method> accessors = new ArrayList<>();
    for (RecordComponent component : type.getRecordComponents()) {
      texts.add(of(component.getType()));
      component.getAccessor().setAccessible(true);
      accessors.add(component.getAccessor());
    }
    return value -> {
      List<@Nullable Object> values = new ArrayList<>();
      for (Method accessor : accessors) {
        values.add(read(accessor, value));
      }
      return join(texts, values);
    };
  }

  private static @Nullable Object read(Method accessor, Object value) {
    try {
      return accessor.invoke(value);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("reading " + accessor, e);
    }
  }

  /** All parts in one text from which they could be told again. */
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
