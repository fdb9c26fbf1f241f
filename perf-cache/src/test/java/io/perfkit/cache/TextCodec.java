package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.perfkit.redis.Codec;

/** Text, by a codec of a user, for what may be done between the bytes and the value. */
class TextCodec implements Codec<String> {
  @Override
  public byte id() {
    return 100;
  }

  @Override
  public int schema() {
    return 0;
  }

  @Override
  public byte[] encode(String value) {
    return value.getBytes(UTF_8);
  }

  @Override
  public String decode(byte[] payload) {
    return new String(payload, UTF_8);
  }
}
