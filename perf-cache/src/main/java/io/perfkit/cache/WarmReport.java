package io.perfkit.cache;

/**
 * Result of a warm-up; each key is in one of the counts. Immutable.
 *
 * @param present keys that a level held, or that another caller loaded meanwhile
 * @param loaded keys that were loaded
 * @param absent keys that have no value
 * @param failed keys whose load failed, with those that could not be told apart from them
 * @param left keys that were not processed, or not completely, before the deadline
 */
public record WarmReport(int present, int loaded, int absent, int failed, int left) {
  static final WarmReport NOTHING = new WarmReport(0, 0, 0, 0, 0);

  /** Whether every key that has a value is there now. */
  public boolean complete() {
    return failed == 0 && left == 0;
  }
}
