package io.perfkit.weave.expression;

import java.lang.invoke.MethodType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Currency;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Types whose values have a canonical text: values that are not equal have different texts. */
public final class Texts {
  private static final Set<Class<?>> TEXTUAL =
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
          MonthDay.class,
          OffsetDateTime.class,
          OffsetTime.class,
          Period.class,
          Year.class,
          YearMonth.class,
          ZoneId.class,
          ZoneOffset.class,
          ZonedDateTime.class);

  private Texts() {}

  /** The types that {@link #has} accepts, for messages. */
  public static final String EXPECTED =
      "a String, whole number, boolean, char, BigDecimal, UUID, enum or java.time value";

  /** Whether values of this class have a text of their own; a primitive as its box. */
  public static boolean has(Class<?> type) {
    Class<?> boxed = MethodType.methodType(type).wrap().returnType();
    return boxed.isEnum() || TEXTUAL.contains(boxed);
  }

  /** The text of such a value: of an enum its constant's name, of null {@code null}. */
  public static String of(@Nullable Object value) {
    return value instanceof Enum<?> constant ? constant.name() : String.valueOf(value);
  }
}
