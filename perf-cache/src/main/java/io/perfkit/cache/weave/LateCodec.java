package io.perfkit.cache.weave;

import static java.util.Objects.requireNonNull;

import io.perfkit.redis.Codec;
import org.jspecify.annotations.Nullable;

/**
 * A codec that is set when a class with the type of the values is woven; until then no value is
 * read or written. Thread safe.
 */
final class LateCodec implements Codec<Object> {
  private volatile @Nullable Codec<Object> known;

  @SuppressWarnings("unchecked") // values are of one type, which weaving has compared
  void set(Codec<?> codec) {
    if (known == null) {
      known = (Codec<Object>) codec;
    }
  }

  private Codec<Object> known() {
    return requireNonNull(known, "codec of a cache that no annotation has declared yet");
  }

  @Override
  public byte id() {
    return known().id();
  }

  @Override
  public int schema() {
    return known().schema();
  }

  @Override
  public byte[] encode(Object value) {
    return known().encode(value);
  }

  @Override
  public Object decode(byte[] payload) {
    return known().decode(payload);
  }

  @Override
  public String toString() {
    return String.valueOf(known);
  }
}
