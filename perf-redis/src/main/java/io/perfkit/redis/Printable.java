package io.perfkit.redis;

import java.util.Locale;

/**
 * Texts of callers in messages: in quotes, on one line of a log, and not too long for it. For the
 * modules on Redis, so that a key or name of theirs reads the same in every exception and log.
 */
public final class Printable {
  private static final int MAX_CHARS = 200;

  private Printable() {}

  /** The text with control characters and halves of surrogate pairs as in Java's source. */
  public static String of(String text) {
    StringBuilder printable = new StringBuilder("'");
    int end = Math.min(text.length(), MAX_CHARS);
    if (end < text.length() && Character.isHighSurrogate(text.charAt(end - 1))) {
      end--; // a pair is kept whole
    }
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      if (isPlain(text, i)) {
        printable.append(c);
      } else {
        printable.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      }
    }
    if (end < text.length()) {
      printable.append("\u2026 (").append(text.length()).append(" characters)");
    }
    return printable.append('\'').toString();
  }

  private static boolean isPlain(String text, int at) {
    char c = text.charAt(at);
    if (Character.isHighSurrogate(c)) {
      return at + 1 < text.length() && Character.isLowSurrogate(text.charAt(at + 1));
    }
    if (Character.isLowSurrogate(c)) {
      return at > 0 && Character.isHighSurrogate(text.charAt(at - 1));
    }
    int type = Character.getType(c);
    return !Character.isISOControl(c)
        && type != Character.LINE_SEPARATOR
        && type != Character.PARAGRAPH_SEPARATOR
        && type != Character.FORMAT;
  }
}
