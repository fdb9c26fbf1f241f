package io.perfkit.redis;

import static java.util.Objects.requireNonNull;

import java.lang.reflect.Type;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/** JSON of one declared class by Jackson. Thread safe. */
final class JsonCodec<T> implements Codec<T> {
  private static final byte ID =
      6; // 4 was JSON of getters alone, which could read as another value

  private final Type type;
  private final int schema;
  private final ObjectWriter writer;
  private final ObjectReader reader;
  private final Set<Class<?>> readBack = ConcurrentHashMap.newKeySet();

  private JsonCodec(Type type, JsonMapper mapper, int schema) {
    this.type = type;
    this.schema = schema;
    JavaType constructed = mapper.constructType(type);
    this.writer = mapper.writerFor(constructed);
    this.reader = mapper.readerFor(constructed);
  }

  /** The codec of a type by its fields, or by its getters if only those come back. */
  static <T> JsonCodec<T> of(Type type) {
    int schema = ClassSchema.hash(requireNonNull(type, "type"));
    JsonMapper fields = JsonMappers.ofFields();
    String objection = JsonShape.objection(fields, fields.constructType(type), false);
    if (objection == null) {
      return new JsonCodec<>(type, fields, schema);
    }
    JsonMapper getters = JsonMappers.ofGetters();
    if (JsonShape.objection(getters, getters.constructType(type), false) == null) {
      return new JsonCodec<>(type, getters, schema);
    }
    throw refused(type, objection);
  }

  /** The codec of a type by the host's mapper. */
  static <T> JsonCodec<T> by(JsonMapper mapper, Type type) {
    int schema = 31 * ClassSchema.hash(requireNonNull(type, "type")) + 1; // not of(type)'s
    String objection = JsonShape.objection(mapper, mapper.constructType(type), true);
    if (objection != null) {
      throw refused(type, objection);
    }
    return new JsonCodec<>(type, mapper, schema);
  }

  private static IllegalArgumentException refused(Type type, String objection) {
    return new IllegalArgumentException(
        "type: " + type.getTypeName() + " can't be read back from JSON, at " + objection);
  }

  @Override
  public byte id() {
    return ID;
  }

  @Override
  public int schema() {
    return schema;
  }

  /**
   * Reads the first value of each class back, and refuses it if its JSON can't be read or gives
   * another value.
   */
  @Override
  public byte[] encode(T value) {
    byte[] json = writer.writeValueAsBytes(value);
    if (!readBack.contains(value.getClass())) {
      requireReadable(value, json);
      readBack.add(value.getClass());
    }
    return json;
  }

  private void requireReadable(T value, byte[] json) {
    T read;
    try {
      read = decode(json);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(
          value.getClass().getTypeName()
              + " was written as JSON that can't be read back"
              + (e instanceof CodecFailed ? ", " + e.getMessage() : ""),
          e);
    }
    String difference = ReadBack.difference(value, read);
    if (difference != null) {
      throw new IllegalArgumentException(
          value.getClass().getTypeName()
              + " reads back as another value, at "
              + difference
              + " (expected: an equal value)");
    }
  }

  @Override
  public T decode(byte[] payload) {
    T value;
    try {
      value = reader.readValue(payload);
    } catch (JacksonException e) {
      throw unreadable(e);
    }
    if (value == null) {
      throw new IllegalArgumentException("JSON null (expected: " + type.getTypeName() + ")");
    }
    return value;
  }

  /** With the property, and without any value. */
  private CodecFailed unreadable(JacksonException e) {
    String at = e.getPath().isEmpty() ? type.getTypeName() : e.getPathReference();
    return new CodecFailed("at " + at + " (" + e.getClass().getSimpleName() + ")", e);
  }

  @Override
  public String toString() {
    return "Codec.json("
        + (type instanceof Class<?> plain ? plain.getSimpleName() : type.getTypeName())
        + ")";
  }
}
