package io.perfkit.redis;

import static java.util.Objects.requireNonNull;

import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.json.JsonMapper;

/** JSON of one declared class by Jackson, without type names. Thread safe. */
final class JsonCodec<T> implements Codec<T> {
  private static final Set<Class<?>> COLLECTIONS =
      Set.of(List.class, Set.class, Map.class, Collection.class);

  private final Type type;
  private final int schema;
  private final ObjectWriter writer;
  private final ObjectReader reader;
  private final Set<Class<?>> readBack = ConcurrentHashMap.newKeySet();

  JsonCodec(Type type) {
    this.type = requireNonNull(type, "type");
    requireConcrete(type);
    this.schema = ClassSchema.hash(type);
    JsonMapper mapper = mapper();
    JavaType constructed = mapper.constructType(type);
    this.writer = mapper.writerFor(constructed);
    this.reader = mapper.readerFor(constructed);
  }

  /**
   * A mapper for one codec: it caches what it knows of a class, and so retains the class loader.
   */
  private static JsonMapper mapper() {
    JsonMapper.Builder builder =
        JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(DateTimeFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE) // offsets and zones survive
            .enable(DateTimeFeature.WRITE_DATES_WITH_ZONE_ID);
    if (ModuleLayer.boot().findModule("java.sql").isPresent()) {
      builder.addModule(SqlTimestamps.module());
    }
    return builder.build();
  }

  private static void requireConcrete(Type type) {
    if (type instanceof ParameterizedType generic) {
      if (!COLLECTIONS.contains(generic.getRawType())) {
        requireConcrete(generic.getRawType());
      }
      for (Type argument : generic.getActualTypeArguments()) {
        requireConcrete(argument);
      }
      return;
    }
    boolean concrete =
        type instanceof Class<?> plain
            && plain != Object.class
            && (plain.isEnum() || plain.isArray() || !Modifier.isAbstract(plain.getModifiers()));
    if (!concrete) {
      throw new IllegalArgumentException(
          "type: "
              + type.getTypeName()
              + " (expected: a record, an enum or a class that is not abstract)");
    }
  }

  @Override
  public byte id() {
    return 4;
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
          value.getClass().getTypeName() + " was written as JSON that can't be read back", e);
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
    T value = reader.readValue(payload);
    if (value == null) {
      throw new IllegalArgumentException("JSON null (expected: " + type.getTypeName() + ")");
    }
    return value;
  }

  @Override
  public String toString() {
    return "Codec.json("
        + (type instanceof Class<?> plain ? plain.getSimpleName() : type.getTypeName())
        + ")";
  }
}
