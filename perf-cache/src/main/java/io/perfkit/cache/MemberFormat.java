package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.perfkit.redis.Codec;
import io.perfkit.redis.ValueFormat;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The stored bytes of fields, values, elements and members. Bytes that can't be decoded are counted
 * and treated as absent. Immutable.
 */
record MemberFormat<T>(
    Function<T, byte[]> encoder, Function<byte[], @Nullable T> decoder, LongAdder unreadable) {

  static <T> MemberFormat<T> of(Codec<T> codec, SharedConfig config, LongAdder unreadable) {
    ValueFormat<T> format = ValueFormat.of(codec).withMaxBytes(config.maxMemberBytes());
    return new MemberFormat<>(
        format::encode, bytes -> format.decode(bytes).orElse(null), unreadable);
  }

  /**
   * The format of a hash's values: numbers are stored as decimal text, so that Redis can add to
   * them.
   */
  @SuppressWarnings("unchecked") // a codec that is Codec.longs() is one of Long
  static <T> MemberFormat<T> ofValues(Codec<T> codec, SharedConfig config, LongAdder unreadable) {
    return areNumbers(codec)
        ? (MemberFormat<T>)
            new MemberFormat<Long>(
                number -> Long.toString(number).getBytes(US_ASCII),
                MemberFormat::number,
                unreadable)
        : of(codec, config, unreadable);
  }

  static boolean areNumbers(Codec<?> codec) {
    return codec.equals(Codec.longs());
  }

  private static @Nullable Long number(byte[] bytes) {
    try {
      return Long.valueOf(new String(bytes, US_ASCII));
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** See {@link ValueFormat#encode} for what it throws. */
  byte[] encode(T member) {
    return encoder.apply(member);
  }

  /**
   * As {@link #encode}, for members that copies look up by {@code equals} and Redis by their bytes.
   *
   * @throws IllegalArgumentException if it is not equal to what is read back, so that a copy would
   *     not find it
   */
  byte[] encodeEqual(T member) {
    byte[] bytes = encode(member);
    if (!member.equals(decoder.apply(bytes))) {
      throw new IllegalArgumentException(
          member.getClass().getTypeName()
              + " is not equal to what its codec reads back (expected: members with equals)");
    }
    return bytes;
  }

  @Nullable T decode(byte[] bytes) {
    T member = decoder.apply(bytes);
    if (member == null) {
      unreadable.increment();
    }
    return member;
  }
}
