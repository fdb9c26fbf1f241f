package io.perfkit.redis;

import java.util.regex.Pattern;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JacksonModule;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.module.SimpleModule;

/** A {@code Pattern} as JSON with its flags, which Jackson drops: {@code "2:a+"}. */
final class Patterns {
  private Patterns() {}

  static JacksonModule module() {
    return new SimpleModule("perfkit-patterns")
        .addSerializer(Pattern.class, new Writer())
        .addDeserializer(Pattern.class, new Reader());
  }

  /** A pattern has no {@code equals}. */
  static boolean equal(Pattern one, Pattern other) {
    return one.flags() == other.flags() && one.pattern().equals(other.pattern());
  }

  private static final class Writer extends ValueSerializer<Pattern> {
    @Override
    public void serialize(Pattern value, JsonGenerator json, SerializationContext context) {
      json.writeString(value.flags() + ":" + value.pattern());
    }
  }

  private static final class Reader extends ValueDeserializer<Pattern> {
    @Override
    public Pattern deserialize(JsonParser json, DeserializationContext context) {
      String text = json.getString();
      int colon = text.indexOf(':');
      return Pattern.compile(text.substring(colon + 1), Integer.parseInt(text.substring(0, colon)));
    }
  }
}
