package io.perfkit.monitoring.alert;

import java.time.Duration;

/** A quantity with the threshold at which it is bad, and the one at which it is good. Immutable. */
record Condition(Quantity quantity, Comparison comparison, double threshold, double resolve) {
  Condition {
    if (!comparison.allowsResolveAt(resolve, threshold)) {
      throw new IllegalArgumentException(
          "resolve: "
              + RuleText.number(resolve)
              + " (expected: on the good side of "
              + comparison.sign()
              + " "
              + RuleText.number(threshold)
              + ")");
    }
  }

  Condition resolvedAt(double value) {
    return new Condition(quantity, comparison, threshold, value);
  }

  Condition over(Duration window) {
    return quantity.isBurnRate()
        ? this
        : new Condition(quantity.over(window), comparison, threshold, resolve);
  }

  Verdict verdict(double value) {
    if (Double.isNaN(value)) {
      return Verdict.NO_DATA;
    }
    if (comparison.holds(value, threshold)) {
      return Verdict.BREACH;
    }
    return comparison.holds(value, resolve) ? Verdict.BETWEEN : Verdict.CLEAR;
  }

  @Override
  public String toString() {
    return quantity + " " + comparison.sign() + " " + RuleText.number(threshold);
  }
}
