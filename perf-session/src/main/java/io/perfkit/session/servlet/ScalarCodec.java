package io.perfkit.session.servlet;

import io.perfkit.redis.Codec;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The codec of texts, whole numbers, doubles and booleans, for undeclared attributes: a letter for
 * the type, then UTF-8 or big endian. Immutable, thread safe.
 */
final class ScalarCodec implements Codec<Object> {
  static final ScalarCodec ONLY = new ScalarCodec();

  private ScalarCodec() {}

  static boolean takes(Object value) {
    return value instanceof String
        || value instanceof Long
        || value instanceof Integer
        || value instanceof Boolean
        || value instanceof Double;
  }

  @Override
  public byte id() {
    return 64;
  }

  @Override
  public int schema() {
    return 0x5CA1A200;
  }

  @Override
  public byte[] encode(Object value) {
    if (value instanceof String text) {
      byte[] utf8 = Codec.string().encode(text);
      return ByteBuffer.allocate(1 + utf8.length).put((byte) 'S').put(utf8).array();
    } else if (value instanceof Long number) {
      return ByteBuffer.allocate(9).put((byte) 'L').putLong(number).array();
    } else if (value instanceof Integer number) {
      return ByteBuffer.allocate(5).put((byte) 'I').putInt(number).array();
    } else if (value instanceof Double number) {
      return ByteBuffer.allocate(9).put((byte) 'D').putDouble(number).array();
    } else if (value instanceof Boolean flag) {
      return new byte[] {'B', (byte) (flag ? 1 : 0)};
    }
    throw new IllegalArgumentException("neither a text nor a number nor a boolean");
  }

  @Override
  public Object decode(byte[] payload) {
    ByteBuffer value = ByteBuffer.wrap(payload, 1, payload.length - 1);
    return switch (payload[0]) {
      case 'S' -> Codec.string().decode(Arrays.copyOfRange(payload, 1, payload.length));
      case 'L' -> value.getLong();
      case 'I' -> value.getInt();
      case 'D' -> value.getDouble();
      case 'B' -> value.get() == 1;
      default -> throw new IllegalArgumentException("of a later version");
    };
  }

  @Override
  public String toString() {
    return "scalars";
  }
}
