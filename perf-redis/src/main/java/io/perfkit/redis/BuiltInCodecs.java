package io.perfkit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.function.Function;

/** The codecs of types that need no schema. */
final class BuiltInCodecs {
  static final Codec<String> STRING =
      new Plain<>((byte) 1, BuiltInCodecs::encodeText, BuiltInCodecs::decodeText);
  static final Codec<byte[]> BYTES =
      new Plain<>((byte) 2, Function.identity(), Function.identity());
  static final Codec<Long> LONGS =
      new Plain<>(
          (byte) 3,
          number -> ByteBuffer.allocate(Long.BYTES).putLong(number).array(),
          BuiltInCodecs::decodeLong);

  private BuiltInCodecs() {}

  private record Plain<T>(byte id, Function<T, byte[]> writer, Function<byte[], T> reader)
      implements Codec<T> {
    @Override
    public int schema() {
      return 0;
    }

    @Override
    public byte[] encode(T value) {
      return writer.apply(value);
    }

    @Override
    public T decode(byte[] payload) {
      return reader.apply(payload);
    }
  }

  /** A new encoder reports what {@code String.getBytes} would silently replace. */
  private static byte[] encodeText(String text) {
    try {
      ByteBuffer bytes = UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] exact = new byte[bytes.remaining()];
      bytes.get(exact);
      return exact;
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("text with an unpaired surrogate has no UTF-8", e);
    }
  }

  private static String decodeText(byte[] payload) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(payload)).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("not UTF-8", e);
    }
  }

  private static Long decodeLong(byte[] payload) {
    if (payload.length != Long.BYTES) {
      throw new IllegalArgumentException(payload.length + " bytes (expected: " + Long.BYTES + ")");
    }
    return ByteBuffer.wrap(payload).getLong();
  }
}
