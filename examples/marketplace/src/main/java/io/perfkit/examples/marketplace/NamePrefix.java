package io.perfkit.examples.marketplace;

import java.util.Locale;

/** The rule for what users may search by. */
final class NamePrefix {
  static final int LENGTH_MIN = 2;
  static final int LENGTH_MAX = 40;

  private NamePrefix() {}

  /** The prefix in lower case without blanks around it. */
  static String of(String text) {
    String prefix = text.strip().toLowerCase(Locale.ROOT);
    if (prefix.length() < LENGTH_MIN || prefix.length() > LENGTH_MAX || prefix.indexOf(0) >= 0) {
      throw new IllegalArgumentException(
          "query: %d characters (expected: %d to %d, and no NUL)"
              .formatted(prefix.length(), LENGTH_MIN, LENGTH_MAX));
    }
    return prefix;
  }

  /** The LIKE pattern: the prefix has no wildcards of its own. */
  static String like(String prefix) {
    return prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%";
  }
}
