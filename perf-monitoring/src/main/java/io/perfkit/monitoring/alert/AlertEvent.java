package io.perfkit.monitoring.alert;

import io.perfkit.monitoring.internal.Json;
import java.time.Instant;

/**
 * What a sink is told: an alert fired, was resolved, or is flapping. Immutable.
 *
 * @param rule its name
 * @param scope the value of the rule's {@code by} tag; empty without one
 * @param state {@link AlertState#FIRING}, {@link AlertState#INACTIVE} or {@link
 *     AlertState#FLAPPING}
 * @param severity of the rule
 * @param value of the first condition when the state changed; NaN if there was none
 * @param expression of the rule
 * @param action of the rule
 * @param at when the state changed
 */
public record AlertEvent(
    String rule,
    String scope,
    AlertState state,
    Severity severity,
    double value,
    String expression,
    String action,
    Instant at) {

  /** The same for one rule and scope on all nodes and after a restart, to tell repeats by. */
  public String key() {
    return scope.isEmpty() ? rule : rule + "{" + scope + "}";
  }

  /** All of it in one JSON object; the value is null if there is none. */
  public String json() {
    return Json.object()
        .with("key", key())
        .with("rule", rule)
        .with("scope", scope)
        .with("state", state.name())
        .with("severity", severity.name())
        .with("value", value)
        .with("expression", expression)
        .with("action", action)
        .with("at", at.toString())
        .toString();
  }

  /** One line for a log. */
  public String text() {
    String what =
        switch (state) {
          case FIRING -> "fires";
          case FLAPPING -> "is flapping";
          default -> "is resolved";
        };
    return severity
        + " alert "
        + key()
        + " "
        + what
        + ": "
        + expression
        + (Double.isNaN(value) ? "" : ", now " + RuleText.number(value))
        + (action.isEmpty() || state == AlertState.INACTIVE ? "" : ". " + action);
  }
}
