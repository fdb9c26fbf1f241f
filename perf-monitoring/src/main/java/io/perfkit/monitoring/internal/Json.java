package io.perfkit.monitoring.internal;

import java.math.BigDecimal;

/** Writes one JSON object. One thread at a time. */
public final class Json {
  private final StringBuilder text = new StringBuilder("{");

  private Json() {}

  /** An object without members yet. */
  public static Json object() {
    return new Json();
  }

  /** Adds a text. */
  public Json with(String name, String value) {
    name(name);
    quote(value);
    return this;
  }

  /** Numbers that JSON has not are null. */
  public Json with(String name, double value) {
    name(name);
    text.append(
        Double.isFinite(value)
            ? BigDecimal.valueOf(value).stripTrailingZeros().toPlainString()
            : "null");
    return this;
  }

  /** A text in double quotes, as JSON and YAML write it. */
  public static String quoted(String value) {
    Json json = new Json();
    json.text.setLength(0);
    json.quote(value);
    return json.text.toString();
  }

  /** Adds a whole number. */
  public Json with(String name, long value) {
    name(name);
    text.append(value);
    return this;
  }

  private void name(String name) {
    if (text.length() > 1) {
      text.append(',');
    }
    quote(name);
    text.append(':');
  }

  private void quote(String value) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        text.append('\\').append(c);
      } else if (c < ' ' || c == '\u2028' || c == '\u2029') {
        text.append(String.format("\\u%04x", (int) c));
      } else {
        text.append(c);
      }
    }
    text.append('"');
  }

  @Override
  public String toString() {
    return text + "}";
  }
}
