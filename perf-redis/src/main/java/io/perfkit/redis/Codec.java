package io.perfkit.redis;

import java.lang.reflect.Type;

/**
 * Turns values of one type into payload bytes and back. The bytes stand behind a header that {@link
 * ValueFormat} writes, so a codec only ever reads what a codec of the same id and schema wrote.
 * Implementations must be thread safe and must not use Java's native serialization.
 *
 * @param <T> the declared type of the values
 */
public interface Codec<T> {

  /** Identifies the codec in stored bytes: perfkit uses 1 to 63, users' own codecs 64 to 127. */
  byte id();

  /** Changes whenever bytes written before can't be read any more. */
  int schema();

  /**
   * The payload of {@code value}, a new array. Any exception means that this value has no payload
   * and reaches the caller as a {@link CodecFailed}.
   */
  byte[] encode(T value);

  /** The value of a payload. Any exception counts as a miss: another codec wrote the bytes. */
  T decode(byte[] payload);

  /** Strings as UTF-8; unpaired surrogates are refused. */
  static Codec<String> string() {
    return BuiltInCodecs.STRING;
  }

  /** Bytes as they are; the caller must not change an array it has handed over. */
  static Codec<byte[]> bytes() {
    return BuiltInCodecs.BYTES;
  }

  /** Numbers as 8 bytes, big endian. */
  static Codec<Long> longs() {
    return BuiltInCodecs.LONGS;
  }

  /**
   * JSON of exactly {@code type}, without type names in the bytes, so that bytes can't choose a
   * class. The schema is derived from the fields of the class and of the classes they name: a
   * changed field makes older bytes a miss.
   *
   * @throws IllegalArgumentException for an interface, an abstract class or {@code Object}, which
   *     don't say what to build
   */
  static <T> Codec<T> json(Class<T> type) {
    return new JsonCodec<>(type);
  }

  /**
   * JSON of a type that may have arguments, such as {@code List<Order>}. As {@link #json(Class)},
   * but {@code List}, {@code Set}, {@code Map} and {@code Collection} with type arguments are
   * allowed.
   *
   * @param <T> what {@code type} is; not checked
   * @throws IllegalArgumentException as above, also for a type among the arguments
   */
  static <T> Codec<T> json(Type type) {
    return new JsonCodec<>(type);
  }
}
