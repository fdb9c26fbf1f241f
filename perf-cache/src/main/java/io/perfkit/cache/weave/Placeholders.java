package io.perfkit.cache.weave;

import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Replaces placeholders such as <code>${cache.ttl:5m}</code> by the host's properties.
 *
 * @param property of the host by its name, null where it has none; null itself if the host gave no
 *     such function
 */
record Placeholders(@Nullable Function<String, @Nullable String> property) {
  private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{([^:{}]+)(?::([^{}]*))?}");

  /**
   * The text with the value of each property, or else its default after the colon.
   *
   * @throws IllegalArgumentException for a property without a value or default, a text that begins
   *     a placeholder and does not end it, or a placeholder without the host's function
   */
  String resolve(String attribute, String text) {
    if (!text.contains("${")) {
      return text;
    }
    Matcher placeholder = PLACEHOLDER.matcher(text);
    String resolved =
        placeholder.replaceAll(
            found ->
                Matcher.quoteReplacement(value(attribute, text, found.group(1), found.group(2))));
    if (resolved.contains("${")) {
      throw new IllegalArgumentException(
          attribute + ": \"" + text + "\" (expected: placeholders such as \"${cache.ttl:5m}\")");
    }
    return resolved;
  }

  private String value(String attribute, String text, String name, @Nullable String otherwise) {
    if (property == null) {
      throw new IllegalArgumentException(
          attribute
              + ": \""
              + text
              + "\" has a placeholder (expected: CacheAspect.builder(caches).placeholders(..), which"
              + " gives the values of the host's properties)");
    }
    String value = property.apply(name.strip());
    if (value != null) {
      return value.strip();
    }
    if (otherwise == null) {
      throw new IllegalArgumentException(
          attribute
              + ": \""
              + text
              + "\" (expected: a property '"
              + name.strip()
              + "', or a default as in \"${"
              + name.strip()
              + ":5m}\")");
    }
    return otherwise.strip();
  }
}
