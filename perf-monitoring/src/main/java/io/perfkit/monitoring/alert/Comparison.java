package io.perfkit.monitoring.alert;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Optional;

/** How a value is compared with its threshold. */
enum Comparison {
  GE(">=", "ge"),
  LE("<=", "le"),
  GT(">", "gt"),
  LT("<", "lt"),
  EQ("==", "eq"),
  NE("!=", "ne");

  private static final BigDecimal BAND = new BigDecimal("0.1");

  private final String sign;
  private final String word;

  Comparison(String sign, String word) {
    this.sign = sign;
    this.word = word;
  }

  String sign() {
    return sign;
  }

  static Optional<Comparison> of(String text) {
    return Arrays.stream(values())
        .filter(each -> each.sign.equals(text) || each.word.equals(text))
        .findFirst();
  }

  boolean holds(double value, double threshold) {
    return switch (this) {
      case GE -> value >= threshold;
      case LE -> value <= threshold;
      case GT -> value > threshold;
      case LT -> value < threshold;
      case EQ -> value == threshold;
      case NE -> value != threshold;
    };
  }

  /** A tenth of the threshold on its good side; the threshold itself for equality. */
  double resolveAt(double threshold) {
    BigDecimal exact = BigDecimal.valueOf(threshold);
    BigDecimal band = exact.abs().multiply(BAND);
    return switch (this) {
      case GE, GT -> exact.subtract(band).doubleValue();
      case LE, LT -> exact.add(band).doubleValue();
      case EQ, NE -> threshold;
    };
  }

  /** Whether a resolve threshold is on the good side, or the threshold itself. */
  boolean allowsResolveAt(double resolve, double threshold) {
    return switch (this) {
      case GE, GT -> resolve <= threshold;
      case LE, LT -> resolve >= threshold;
      case EQ, NE -> resolve == threshold;
    };
  }
}
