package io.perfkit.jobs;

/** What is recorded of something that was thrown. Nothing that it does can fail. */
final class Failures {
  static final int MAX_CHARS = 4_000;
  private static final int MAX_FRAMES = 8;
  private static final int MAX_CAUSES = 3;

  private Failures() {}

  /** Class, message and top frames, and those of the causes; no NUL, at most 4,000 characters. */
  static String text(Throwable thrown) {
    StringBuilder text = new StringBuilder();
    try {
      Throwable next = thrown;
      for (int i = 0; next != null && i <= MAX_CAUSES && text.length() < MAX_CHARS; i++) {
        append(text, i == 0 ? "" : "caused by ", next);
        next = next.getCause();
      }
    } catch (Throwable worse) { // a message that throws, or no memory for it
      text.append(thrown.getClass().getName());
    }
    String clean = text.toString().replace('\0', '?');
    return clean.length() <= MAX_CHARS ? clean : cut(clean, MAX_CHARS);
  }

  private static void append(StringBuilder text, String before, Throwable thrown) {
    text.append(before).append(thrown.getClass().getName());
    String message = thrown.getMessage();
    if (message != null) {
      text.append(": ").append(message.length() <= 1_000 ? message : cut(message, 1_000));
    }
    StackTraceElement[] frames = thrown.getStackTrace();
    for (int i = 0; i < Math.min(MAX_FRAMES, frames.length); i++) {
      text.append("\n  at ").append(frames[i]);
    }
    text.append('\n');
  }

  /** Not between the halves of a surrogate pair, which no server takes as text. */
  private static String cut(String text, int most) {
    int end = Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most;
    return text.substring(0, end);
  }
}
