package io.perfkit.cache;

/**
 * What became of the keys of a warm-up, each in one of these. Immutable.
 *
 * @param present keys that a level held, or that somebody else loaded meanwhile
 * @param loaded keys that were loaded
 * @param absent keys that have no value
 * @param failed keys whose load failed, with what could not be told apart from them
 * @param left keys that were not looked at, or not to the end, before the deadline
 */
public record WarmReport(int present, int loaded, int absent, int failed, int left) {
  static final WarmReport NOTHING = new WarmReport(0, 0, 0, 0, 0);

  /** Whether every key that has a value is there now. */
  public boolean complete() {
    return failed == 0 && left == 0;
  }
}
