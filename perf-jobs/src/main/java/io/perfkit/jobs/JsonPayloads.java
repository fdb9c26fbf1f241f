package io.perfkit.jobs;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Payloads as JSON. Thread safe. */
final class JsonPayloads implements PayloadCodec {
  static final JsonPayloads INSTANCE = new JsonPayloads();

  private final JsonMapper mapper =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  private JsonPayloads() {}

  @Override
  public byte[] encode(Object payload) {
    try {
      return mapper.writeValueAsBytes(payload);
    } catch (JacksonException unwritable) {
      throw new IllegalArgumentException(
          "payload: " + payload.getClass().getName() + " can't be written as JSON", unwritable);
    }
  }

  @Override
  public <T> T decode(byte[] bytes, Class<T> type) {
    T value;
    try {
      value = mapper.readValue(bytes, type);
    } catch (JacksonException unreadable) {
      throw new IllegalArgumentException(
          "no JSON of " + type.getName() + ", at '" + unreadable.getPathReference() + "'");
    }
    if (value == null) {
      throw new IllegalArgumentException("JSON null (expected: " + type.getName() + ")");
    }
    return value;
  }
}
