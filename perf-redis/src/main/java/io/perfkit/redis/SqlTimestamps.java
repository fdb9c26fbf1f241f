package io.perfkit.redis;

import java.sql.Timestamp;
import java.time.Instant;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JacksonModule;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.module.SimpleModule;

/**
 * {@code java.sql.Timestamp} as JSON with all its nanoseconds, where Jackson keeps milliseconds: a
 * value read from Redis is equal to the one that was written. Used only where the module {@code
 * java.sql} is present.
 */
final class SqlTimestamps {
  private SqlTimestamps() {}

  static JacksonModule module() {
    return new SimpleModule("perfkit-sql-timestamps")
        .addSerializer(Timestamp.class, new Writer())
        .addDeserializer(Timestamp.class, new Reader());
  }

  private static final class Writer extends ValueSerializer<Timestamp> {
    @Override
    public void serialize(Timestamp value, JsonGenerator json, SerializationContext context) {
      json.writeString(value.toInstant().toString());
    }
  }

  /** Reads milliseconds too, which older versions wrote. */
  private static final class Reader extends ValueDeserializer<Timestamp> {
    @Override
    public Timestamp deserialize(JsonParser json, DeserializationContext context) {
      return json.currentToken().isNumeric()
          ? new Timestamp(json.getLongValue())
          : Timestamp.from(Instant.parse(json.getString()));
    }
  }
}
