package io.perfkit.monitoring.health;

import static java.util.Objects.requireNonNull;

/**
 * What one run of a check found. Immutable.
 *
 * @param healthy whether it works
 * @param reason for operators, empty if there is none: no secrets, since it is logged
 */
public record CheckResult(boolean healthy, String reason) {
  private static final CheckResult UP = new CheckResult(true, "");

  /** Checks for null. */
  public CheckResult {
    requireNonNull(reason, "reason");
  }

  /** It works. */
  public static CheckResult up() {
    return UP;
  }

  /**
   * It works, and is busy: a pool that is full under load is not down, and an instance that leaves
   * for it makes the others fuller.
   */
  public static CheckResult busy(String reason) {
    return new CheckResult(true, reason);
  }

  /** It does not work. */
  public static CheckResult down(String reason) {
    return new CheckResult(false, reason);
  }
}
