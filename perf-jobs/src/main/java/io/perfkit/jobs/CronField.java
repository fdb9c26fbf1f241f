package io.perfkit.jobs;

import java.util.BitSet;
import java.util.List;
import java.util.Locale;

/** One field of a cron expression: which numbers it names. Immutable after its parsing. */
final class CronField {
  private final String name;
  private final int min;
  private final int max;
  private final List<String> names;
  private final BitSet numbers = new BitSet();
  private boolean every = true;

  /**
   * @param names words for the numbers from {@code min} on
   */
  CronField(String name, int min, int max, List<String> names) {
    this.name = name;
    this.min = min;
    this.max = max;
    this.names = names;
  }

  /** Adds the numbers of a part between commas: a star, number or range, with or without a step. */
  void add(String part) {
    int slash = part.indexOf('/');
    String range = slash < 0 ? part : part.substring(0, slash);
    int step = slash < 0 ? 1 : number(part.substring(slash + 1), part);
    int from = min;
    int to = max;
    if (!range.equals("*") && !range.equals("?")) {
      every = false;
      int dash = range.indexOf('-', 1);
      from = value(dash < 0 ? range : range.substring(0, dash), part);
      to = dash < 0 ? (slash < 0 ? from : max) : value(range.substring(dash + 1), part);
    }
    if (step < 1 || from > to) {
      throw refused(part);
    }
    for (int i = from; i <= to; i += step) {
      numbers.set(i);
    }
  }

  private int value(String text, String part) {
    int word = names.indexOf(text.toUpperCase(Locale.ROOT));
    int value = word >= 0 ? min + word : number(text, part);
    if (value < min || value > max) {
      throw refused(part);
    }
    return value;
  }

  private int number(String text, String part) {
    if (text.isEmpty() || text.length() > 4 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw refused(part);
    }
    return Integer.parseInt(text);
  }

  IllegalArgumentException refused(String part) {
    return new IllegalArgumentException(
        "cron: " + name + " '" + part + "' (expected: " + min + " to " + max + ", as 1,5-9,*/2)");
  }

  /** Whether it is a star, with or without a step, in each of its parts. */
  boolean every() {
    return every;
  }

  boolean has(int number) {
    return numbers.get(number);
  }

  /** Something other than numbers is named too. */
  void restrict() {
    every = false;
  }

  /** The next number from {@code from} on; -1 if there is none. */
  int next(int from) {
    return numbers.nextSetBit(from);
  }

  /** Sunday may be written 0 or 7. */
  void fold(int from, int onto) {
    if (numbers.get(from)) {
      numbers.set(onto);
      numbers.clear(from);
    }
  }
}
