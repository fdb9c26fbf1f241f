package io.perfkit.cache.weave;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A duration as annotations write it: {@code 30m} or {@code PT30M}. */
final class TtlText {
  private static final Map<String, ChronoUnit> UNITS =
      Map.of(
          "ms", ChronoUnit.MILLIS,
          "s", ChronoUnit.SECONDS,
          "m", ChronoUnit.MINUTES,
          "h", ChronoUnit.HOURS,
          "d", ChronoUnit.DAYS);
  private static final Pattern TEXT = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");

  private TtlText() {}

  /**
   * @throws IllegalArgumentException for a text that is no duration
   */
  static Duration parse(String attribute, String text) {
    if (text.startsWith("P")) {
      try {
        return Duration.parse(text);
      } catch (DateTimeParseException e) {
        throw refused(attribute, text);
      }
    }
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw refused(attribute, text);
    }
    return Duration.of(Long.parseLong(matcher.group(1)), UNITS.get(matcher.group(2)));
  }

  private static IllegalArgumentException refused(String attribute, String text) {
    return new IllegalArgumentException(
        attribute
            + ": \""
            + text
            + "\" (expected: a number and ms, s, m, h or d, such as \"30m\", or an ISO duration, such"
            + " as \"PT30M\")");
  }
}
