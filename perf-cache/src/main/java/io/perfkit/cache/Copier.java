package io.perfkit.cache;

import io.perfkit.redis.ValueFormat;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Makes the copies of {@link Copies#COPY}. Immutable. */
record Copier<V>(ValueFormat<V> format) {
  private static final Set<Class<?>> UNCHANGING =
      Set.of(
          String.class,
          Boolean.class,
          Character.class,
          Byte.class,
          Short.class,
          Integer.class,
          Long.class,
          Float.class,
          Double.class,
          BigInteger.class,
          BigDecimal.class,
          UUID.class,
          URI.class,
          Locale.class);

  /**
   * A new object with the same content, or the same object if it is immutable.
   *
   * @throws io.perfkit.redis.CodecFailed if the codec can't write the value
   * @throws IllegalStateException if the codec can't read what it has written
   */
  @Nullable V copy(@Nullable V value) {
    if (value == null || isUnchanging(value)) {
      return value;
    }
    return format
        .decode(format.encode(value))
        .orElseThrow(
            () ->
                new IllegalStateException(
                    value.getClass().getName()
                        + ": the codec can't read what it has written (expected: an equal value)"));
  }

  private static boolean isUnchanging(Object value) {
    Class<?> type = value.getClass();
    return type.isRecord()
        || value instanceof Enum
        || UNCHANGING.contains(type)
        || type.getPackageName().equals("java.time");
  }
}
