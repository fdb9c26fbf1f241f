package io.perfkit.cache.weave;

import static java.util.Objects.requireNonNull;

import io.perfkit.redis.Codec;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.function.Function;

/**
 * The codec for methods that return an {@code Object} or a {@code Number}: a letter for the value's
 * class, then its text. The bytes can choose only the classes below. Thread safe.
 */
final class ScalarCodec implements Codec<Object> {
  private static final List<Kind> KINDS =
      List.of(
          new Kind('s', String.class, text -> text),
          new Kind('t', Boolean.class, ScalarCodec::truth),
          new Kind('c', Character.class, ScalarCodec::character),
          new Kind('b', Byte.class, Byte::valueOf),
          new Kind('h', Short.class, Short::valueOf),
          new Kind('i', Integer.class, Integer::valueOf),
          new Kind('l', Long.class, Long::valueOf),
          new Kind('f', Float.class, Float::valueOf),
          new Kind('d', Double.class, Double::valueOf),
          new Kind('n', BigInteger.class, BigInteger::new),
          new Kind('m', BigDecimal.class, BigDecimal::new));

  private final Class<?> declared;

  /**
   * @param declared for messages
   */
  private ScalarCodec(Class<?> declared) {
    this.declared = declared;
  }

  /**
   * @param read parses the result of {@code toString}
   */
  private record Kind(char letter, Class<?> type, Function<String, Object> read) {}

  static ScalarCodec of(Class<?> declared) {
    if (!isFor(declared)) {
      throw new IllegalArgumentException(
          "declared: " + declared.getName() + " (expected: Object or Number)");
    }
    return new ScalarCodec(declared);
  }

  static boolean isFor(Object declared) {
    return declared == Object.class || declared == Number.class;
  }

  @Override
  public byte id() {
    return 5;
  }

  @Override
  public int schema() {
    return 0;
  }

  @Override
  public byte[] encode(Object value) {
    Class<?> type = requireNonNull(value, "value").getClass();
    for (Kind kind : KINDS) {
      if (kind.type() == type) {
        return Codec.string().encode(kind.letter() + value.toString());
      }
    }
    throw new IllegalArgumentException(
        type.getName()
            + " from a method that returns "
            + declared.getSimpleName()
            + " (expected: a String, boolean, char or number); let the method return the class"
            + " itself, or give its cache a codec");
  }

  @Override
  public Object decode(byte[] payload) {
    String text = Codec.string().decode(payload);
    for (Kind kind : KINDS) {
      if (!text.isEmpty() && kind.letter() == text.charAt(0)) {
        return kind.read().apply(text.substring(1));
      }
    }
    throw new IllegalArgumentException(
        "payload of " + payload.length + " bytes (expected: one of the letters of KINDS first)");
  }

  private static Object truth(String text) {
    if (!List.of("true", "false").contains(text)) {
      throw new IllegalArgumentException("a boolean (expected: true or false)");
    }
    return Boolean.valueOf(text);
  }

  private static Object character(String text) {
    if (text.length() != 1) {
      throw new IllegalArgumentException("a char of " + text.length() + " (expected: one)");
    }
    return text.charAt(0);
  }

  @Override
  public String toString() {
    return "scalars(" + declared.getSimpleName() + ")";
  }
}
