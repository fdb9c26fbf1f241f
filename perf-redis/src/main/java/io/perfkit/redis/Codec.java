package io.perfkit.redis;

import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;

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
   * JSON of {@code type}, by its fields and those of the classes they name. The bytes name no
   * class, except that a sealed type and one with {@code @JsonTypeInfo} say which of the subtypes
   * they know was written. Annotations that hide or shorten a property in an API ({@code
   * JsonIgnore}, {@code JsonFormat}, {@code JsonInclude}, write-only properties) have no effect
   * here. The schema is derived from the fields and the permitted subtypes: another field makes
   * older bytes a miss. The first value of each class is read back when it is written.
   *
   * <p>Cost: inspects the whole type once, which takes milliseconds.
   *
   * @throws IllegalArgumentException if a part of the type could not be read back: a property of an
   *     interface, an abstract class, {@code Object} or {@code Number}, a class that can't be
   *     built, a map with a class of the application as its key; the message has the property
   */
  static <T> Codec<T> json(Class<T> type) {
    return JsonCodec.of(type);
  }

  /**
   * JSON of a type that may have arguments, such as {@code List<Order>}; as {@link #json(Class)}.
   *
   * @param <T> what {@code type} is; not checked
   * @throws IllegalArgumentException as above
   */
  static <T> Codec<T> json(Type type) {
    return JsonCodec.of(type);
  }

  /**
   * JSON of a list; as {@link #json(Class)}.
   *
   * @throws IllegalArgumentException as above
   */
  static <E> Codec<List<E>> listOf(Class<E> element) {
    return JsonCodec.of(TypeWithArguments.of(List.class, element));
  }

  /**
   * JSON of a map; as {@link #json(Class)}.
   *
   * @param key a string, a number, an enum or another type of the JDK with one text
   * @throws IllegalArgumentException as above
   */
  static <K, V> Codec<Map<K, V>> mapOf(Class<K> key, Class<V> value) {
    return JsonCodec.of(TypeWithArguments.of(Map.class, key, value));
  }
}
