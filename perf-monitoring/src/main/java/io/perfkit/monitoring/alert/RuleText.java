package io.perfkit.monitoring.alert;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import java.math.BigDecimal;
import java.time.Duration;

/** Numbers and durations as rules write them. */
final class RuleText {
  private RuleText() {}

  /** Without an exponent and trailing zeros. */
  static String number(double value) {
    return Double.isFinite(value)
        ? BigDecimal.valueOf(value).stripTrailingZeros().toPlainString()
        : Double.toString(value);
  }

  /** In the largest unit that is exact, as {@code 5m}; Prometheus reads it too. */
  static String duration(Duration duration) {
    long millis = MILLISECONDS.convert(duration);
    if (millis % 1_000 != 0) {
      return millis + "ms";
    }
    long seconds = millis / 1_000;
    if (seconds != 0 && seconds % 86_400 == 0) {
      return seconds / 86_400 + "d";
    }
    if (seconds != 0 && seconds % 3_600 == 0) {
      return seconds / 3_600 + "h";
    }
    return seconds != 0 && seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
  }
}
