package io.perfkit.monitoring.alert;

import io.perfkit.monitoring.internal.Json;
import java.time.Duration;

/**
 * One alert as it stands. Immutable.
 *
 * @param rule its name
 * @param scope the value of the rule's {@code by} tag; empty without one
 * @param state now
 * @param severity of the rule
 * @param value of the first condition at the last evaluation; NaN if there was none
 * @param samples in the window; infinite for a gauge
 * @param age of the state without regard to flapping: inactive, pending or firing
 * @param expression of the rule
 * @param action of the rule
 */
public record AlertReport(
    String rule,
    String scope,
    AlertState state,
    Severity severity,
    double value,
    double samples,
    Duration age,
    String expression,
    String action) {

  /** The same for one rule and scope on all nodes. */
  public String key() {
    return scope.isEmpty() ? rule : rule + "{" + scope + "}";
  }

  /** All of it in one JSON object; numbers that JSON has not are null. */
  public String json() {
    return Json.object()
        .with("key", key())
        .with("rule", rule)
        .with("scope", scope)
        .with("state", state.name())
        .with("severity", severity.name())
        .with("value", value)
        .with("samples", samples)
        .with("seconds", age.toSeconds())
        .with("expression", expression)
        .with("action", action)
        .toString();
  }
}
