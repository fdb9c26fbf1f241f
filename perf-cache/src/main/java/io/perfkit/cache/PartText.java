package io.perfkit.cache;

import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Currency;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The text of one part of a key, by its type. */
final class PartText {
  /** Whose {@code toString} tells any two that are not equal apart. */
  private static final Set<Class<?>> OBVIOUS =
      Set.of(
          String.class,
          Long.class,
          Integer.class,
          Short.class,
          Byte.class,
          Character.class,
          Boolean.class,
          BigInteger.class,
          BigDecimal.class,
          UUID.class,
          Currency.class,
          Duration.class,
          Instant.class,
          LocalDate.class,
          LocalTime.class,
          LocalDateTime.class,
          OffsetDateTime.class,
          ZonedDateTime.class,
          Year.class,
          YearMonth.class);

  private static final String NULL = "\\N";

  private PartText() {}

  /**
   * @throws IllegalArgumentException for a type whose values have no one text
   */
  static Function<Object, String> of(Class<?> type) {
    Class<?> boxed = MethodType.methodType(type).wrap().returnType();
    if (boxed.isEnum()) {
      return value -> ((Enum<?>) value).name();
    }
    if (OBVIOUS.contains(boxed)) {
      return Object::toString;
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
