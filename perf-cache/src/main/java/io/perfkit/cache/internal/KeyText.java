package io.perfkit.cache.internal;

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
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The text of keys by their type, for types with one obvious text. */
public final class KeyText {
  /** Types whose {@code toString} differs for any two values that are not equal. */
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
          MonthDay.class,
          OffsetDateTime.class,
          OffsetTime.class,
          Period.class,
          ZoneId.class,
          ZoneOffset.class,
          ZonedDateTime.class,
          Year.class,
          YearMonth.class);

  private KeyText() {}

  /**
   * The text of values of this type.
   *
   * @throws IllegalArgumentException for a type whose values have no obvious text
   */
  public static Function<Object, String> of(Class<?> type) {
    Function<Object, String> text = obvious(type);
    if (text == null) {
      throw new IllegalArgumentException(
          "keyType: "
              + type.getName()
              + " (expected: String, a whole number, Character, Boolean, BigDecimal, UUID, an enum"
              + " or a java.time value; for other keys pass a function that gives equal keys the"
              + " same text and others another)");
    }
    return text;
  }

  /** The text of values of this type, or null if they have none. */
  public static @Nullable Function<Object, String> obvious(Class<?> type) {
    if (type.isEnum()) {
      return value -> ((Enum<?>) value).name();
    }
    return OBVIOUS.contains(type) ? Object::toString : null;
  }
}
