package io.perfkit.db.batch;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * Converts numbers to the type of a column as PostgreSQL converts what its driver sends. Throws an
 * ArithmeticException for a number that the database would refuse or round.
 */
final class Numbers {
  /** Digits that PostgreSQL keeps of a float8 and a float4 that it makes a numeric. */
  private static final MathContext OF_DOUBLE = new MathContext(15, RoundingMode.HALF_EVEN);

  private static final MathContext OF_FLOAT = new MathContext(6, RoundingMode.HALF_EVEN);
  private static final int LONG_DIGITS = 19;

  /** More digits before the point has no numeric, and after it. */
  private static final int NUMERIC_DIGITS = 131_072;

  private static final int NUMERIC_SCALE = 16_383;

  /** From these exponents of ten on a float8 and a float4 are written with one. */
  private static final int DOUBLE_FIXED_DIGITS = 15;

  private static final int FLOAT_FIXED_DIGITS = 6;
  private static final int SMALLEST_FIXED_EXPONENT = -4;

  private Numbers() {}

  static BigInteger whole(Object value) {
    if (value instanceof Long || value instanceof Integer || value instanceof Short) {
      return BigInteger.valueOf(((Number) value).longValue());
    }
    BigDecimal exact = exact(value);
    if (exact.precision() - exact.scale() > LONG_DIGITS) {
      throw new ArithmeticException("out of range");
    }
    return exact.toBigIntegerExact();
  }

  static BigDecimal parsed(String text) {
    return new BigDecimal(text.strip());
  }

  static Double toDouble(Object value) {
    Number number = (Number) value;
    double converted = number.doubleValue();
    if (!(number instanceof Double || number instanceof Float)) {
      requireInRange(number, Double.isInfinite(converted), converted == 0);
    }
    return converted;
  }

  static Float toFloat(Object value) {
    Number number = (Number) value;
    if (number instanceof Float || isSmallWhole(number)) {
      return number.floatValue();
    }
    if (number instanceof Double exact) {
      float converted = exact.floatValue();
      if (!Double.isInfinite(exact) && (Float.isInfinite(converted) || converted == 0)) {
        requireInRange(number, Float.isInfinite(converted), exact != 0);
      }
      return converted;
    }
    float converted = Float.parseFloat(exact(number).toString());
    requireInRange(number, Float.isInfinite(converted), converted == 0);
    return converted;
  }

  private static void requireInRange(Number number, boolean infinite, boolean zero) {
    if (infinite || (zero && exact(number).signum() != 0)) {
      throw new ArithmeticException("out of range");
    }
  }

  private static boolean isSmallWhole(Number number) {
    return number instanceof Long
        || number instanceof Integer
        || number instanceof Short
        || number instanceof Byte;
  }

  /** A BigDecimal, or a text for NaN and the infinities. */
  static Object toDecimal(Object value) {
    if (value instanceof Double number) {
      return number.isNaN() || number.isInfinite()
          ? number.toString()
          : new BigDecimal(number).round(OF_DOUBLE).stripTrailingZeros();
    }
    if (value instanceof Float number) {
      return number.isNaN() || number.isInfinite()
          ? number.toString()
          : new BigDecimal(number).round(OF_FLOAT).stripTrailingZeros();
    }
    BigDecimal exact = exact(value);
    if (exact.precision() - (long) exact.scale() > NUMERIC_DIGITS
        || exact.scale() > NUMERIC_SCALE) {
      throw new ArithmeticException("out of range");
    }
    return exact;
  }

  private static BigDecimal exact(Object value) {
    if (value instanceof Double || value instanceof Float) {
      return new BigDecimal(((Number) value).doubleValue());
    }
    return value instanceof BigDecimal exact ? exact : new BigDecimal(((Number) value).toString());
  }

  /** As PostgreSQL writes it into a text. */
  static String text(Number value) {
    if (value instanceof Double number) {
      return floatingText(number, new BigDecimal(finite(number)), 17, DOUBLE_FIXED_DIGITS);
    }
    if (value instanceof Float number) {
      return floatingText(number, new BigDecimal(finite(number)), 9, FLOAT_FIXED_DIGITS);
    }
    return toDecimal(value) instanceof BigDecimal decimal
        ? decimal.toPlainString()
        : value.toString();
  }

  private static double finite(Number number) {
    double value = number.doubleValue();
    return Double.isNaN(value) || Double.isInfinite(value) ? 0 : value;
  }

  /** The fewest digits that name the value; with an exponent where it is small or large. */
  private static String floatingText(
      Number value, BigDecimal exact, int digitsMax, int fixedDigits) {
    double plain = value.doubleValue();
    if (Double.isNaN(plain) || Double.isInfinite(plain)) {
      return value.toString();
    }
    if (plain == 0) {
      return 1 / plain < 0 ? "-0" : "0";
    }
    BigDecimal shortest = exact;
    for (int digits = 1; digits <= digitsMax; digits++) {
      shortest = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
      if (names(shortest, exact, value)) {
        break;
      }
    }
    shortest = shortest.stripTrailingZeros();
    int exponent = shortest.precision() - shortest.scale() - 1;
    if (exponent >= SMALLEST_FIXED_EXPONENT && exponent < fixedDigits) {
      return shortest.toPlainString();
    }
    String digits = shortest.unscaledValue().abs().toString();
    return (shortest.signum() < 0 ? "-" : "")
        + digits.charAt(0)
        + (digits.length() > 1 ? "." + digits.substring(1) : "")
        + (exponent < 0 ? "e-" : "e+")
        + (Math.abs(exponent) < 10 ? "0" : "")
        + Math.abs(exponent);
  }

  /** Whether no other float is as near. */
  private static boolean names(BigDecimal decimal, BigDecimal exact, Number value) {
    boolean read =
        value instanceof Float
            ? Float.parseFloat(decimal.toString()) == value.floatValue()
            : decimal.doubleValue() == value.doubleValue();
    double ulp =
        value instanceof Float ? Math.ulp(value.floatValue()) : Math.ulp(value.doubleValue());
    BigDecimal twice = decimal.subtract(exact).abs().add(decimal.subtract(exact).abs());
    return read && twice.compareTo(new BigDecimal(ulp)) < 0;
  }
}
