package io.perfkit.redis;

import static java.util.Objects.requireNonNull;

import java.lang.reflect.Modifier;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/** JSON of one declared class by Jackson, without type names. Thread safe. */
final class JsonCodec<T> implements Codec<T> {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final Class<T> type;
  private final int schema;
  private final ObjectWriter writer;
  private final ObjectReader reader;

  JsonCodec(Class<T> type) {
    this.type = requireNonNull(type, "type");
    boolean concrete = type.isEnum() || !Modifier.isAbstract(type.getModifiers());
    if (!concrete || type == Object.class) {
      throw new IllegalArgumentException(
          "type: "
              + type.getName()
              + " (expected: a record, an enum or a class that is not abstract)");
    }
    this.schema = ClassSchema.hash(type);
    this.writer = MAPPER.writerFor(type);
    this.reader = MAPPER.readerFor(type);
  }

  @Override
  public byte id() {
    return 4;
  }

  @Override
  public int schema() {
    return schema;
  }

  @Override
  public byte[] encode(T value) {
    return writer.writeValueAsBytes(value);
  }

  @Override
  public T decode(byte[] payload) {
    T value = reader.readValue(payload);
    if (value == null) {
      throw new IllegalArgumentException("JSON null (expected: " + type.getName() + ")");
    }
    return value;
  }

  @Override
  public String toString() {
    return "Codec.json(" + type.getSimpleName() + ")";
  }
}
