package io.perfkit.cache;

import java.math.BigInteger;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;

/** Which types of keys have one obvious text. */
final class KeyText {
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
          UUID.class);

  private KeyText() {}

  static <K> Function<K, String> of(Class<K> type) {
    if (type.isEnum()) {
      return key -> ((Enum<?>) key).name();
    }
    if (OBVIOUS.contains(type)) {
      return Object::toString;
    }
    throw new IllegalArgumentException(
        "keyType: "
            + type.getName()
            + " (expected: String, a whole number, Character, Boolean, UUID or an enum; for other"
            + " keys pass a function that gives equal keys the same text and others another)");
  }
}
