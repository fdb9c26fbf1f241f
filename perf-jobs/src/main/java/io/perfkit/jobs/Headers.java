package io.perfkit.jobs;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Headers as one text: name, line feed, value, line feed, with line feeds escaped. */
final class Headers {
  private Headers() {}

  static @Nullable String text(Map<String, String> headers) {
    if (headers.isEmpty()) {
      return null;
    }
    StringBuilder text = new StringBuilder();
    headers.forEach(
        (name, value) ->
            text.append(escaped(name)).append('\n').append(escaped(value)).append('\n'));
    return text.toString();
  }

  static Map<String, String> parse(@Nullable String text) {
    if (text == null) {
      return Map.of();
    }
    Map<String, String> headers = new TreeMap<>();
    String[] parts = text.split("\n", -1);
    for (int i = 0; i + 1 < parts.length; i += 2) {
      headers.put(plain(parts[i]), plain(parts[i + 1]));
    }
    return Map.copyOf(headers);
  }

  private static String escaped(String text) {
    return text.replace("%", "%25").replace("\n", "%0A").replace("\0", "%00");
  }

  private static String plain(String text) {
    return text.replace("%00", "\0").replace("%0A", "\n").replace("%25", "%");
  }
}
