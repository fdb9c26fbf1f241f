package io.perfkit.benchmarks;

import java.math.BigDecimal;
import java.math.MathContext;

/** Numbers as the report shows them: four significant digits, never with an exponent. */
final class Numbers {

  private static final MathContext FOUR_DIGITS = new MathContext(4);

  private Numbers() {}

  static double round(double number) {
    return Double.isFinite(number) ? decimal(number).doubleValue() : number;
  }

  static String text(double number) {
    return Double.isFinite(number)
        ? decimal(number).stripTrailingZeros().toPlainString()
        : Double.toString(number);
  }

  private static BigDecimal decimal(double number) {
    return BigDecimal.valueOf(number).round(FOUR_DIGITS);
  }
}
