package io.perfkit.monitoring.health;

/**
 * What a probe may say to anybody: no names, no reasons. Immutable.
 *
 * @param status of all checks of the group together
 */
public record HealthReport(HealthStatus status) {

  /** Whether a probe answers 200, in place of 503. */
  public boolean healthy() {
    return status == HealthStatus.UP;
  }

  /** {@code {"status":"UP"}}. */
  public String json() {
    return "{\"status\":\"" + status + "\"}";
  }
}
