package io.perfkit.weave.expression;

import static java.lang.invoke.MethodType.methodType;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The operators of expressions at run time. */
final class Operators {
  private static final Set<Class<?>> WHOLE =
      Set.of(Long.class, Integer.class, Short.class, Byte.class);
  private static final Set<Class<?>> INEXACT = Set.of(Double.class, Float.class);
  private static final Set<Class<?>> BIG = Set.of(BigDecimal.class, BigInteger.class);

  static final MethodHandle NOT = own("not", boolean.class, boolean.class);
  static final MethodHandle IS_ZERO = own("isZero", boolean.class, int.class);
  static final MethodHandle EQUAL = own("equal", boolean.class, Object.class, Object.class);
  static final MethodHandle JOIN = own("join", String.class, Object.class, Object.class);
  static final MethodHandle REQUIRE = own("require", Object.class, Object.class, String.class);

  private Operators() {}

  /** The number type in which values of two types are compared. */
  enum Numbers {
    WHOLE(long.class),
    INEXACT(double.class),
    BIG(Object.class),
    NONE(Object.class);

    private final Class<?> operand;

    Numbers(Class<?> operand) {
      this.operand = operand;
    }

    /** The least that hold both; none if one is no number, or a double meets a big one. */
    static Numbers of(Class<?> one, Class<?> other) {
      Numbers left = of(one);
      Numbers right = of(other);
      boolean none = left == NONE || right == NONE;
      boolean inexactBig = left != right && left != WHOLE && right != WHOLE;
      if (none || inexactBig) {
        return NONE;
      }
      return left == WHOLE ? right : left;
    }

    private static Numbers of(Class<?> type) {
      Class<?> boxed = MethodType.methodType(type).wrap().returnType();
      if (Operators.WHOLE.contains(boxed)) {
        return WHOLE;
      }
      if (Operators.INEXACT.contains(boxed)) {
        return INEXACT;
      }
      return Operators.BIG.contains(boxed) ? BIG : NONE;
    }

    /** Null equals null only, so what may be null is compared as an object. */
    MethodHandle equal(Class<?> one, Class<?> other) {
      boolean nullable = this == BIG || !one.isPrimitive() || !other.isPrimitive();
      return nullable
          ? own("equalNumbers", boolean.class, Object.class, Object.class)
          : own("equal", boolean.class, operand, operand);
    }

    MethodHandle order(String operator) {
      String name =
          switch (operator) {
            case "<" -> "less";
            case "<=" -> "lessOrEqual";
            case ">" -> "greater";
            default -> "greaterOrEqual";
          };
      return own(name, boolean.class, operand, operand);
    }
  }

  static boolean isInexact(Class<?> type) {
    return INEXACT.contains(MethodType.methodType(type).wrap().returnType());
  }

  /** Whether values of these types, which are not known as two numbers, may be equal at all. */
  static boolean canBeEqual(Class<?> one, Class<?> other) {
    if (one == Void.class || other == Void.class) { // null
      return !one.isPrimitive() && !other.isPrimitive();
    }
    Class<?> left = MethodType.methodType(one).wrap().returnType();
    Class<?> right = MethodType.methodType(other).wrap().returnType();
    return left.isAssignableFrom(right) || right.isAssignableFrom(left);
  }

  static boolean not(boolean value) {
    return !value;
  }

  static boolean isZero(int number) {
    return number == 0;
  }

  /** Numbers by their value, also where only the call shows that both are numbers. */
  static boolean equal(@Nullable Object left, @Nullable Object right) {
    if (left instanceof Number && right instanceof Number) {
      return equalNumbers(left, right);
    }
    return Objects.equals(left, right);
  }

  static boolean equal(long left, long right) {
    return left == right;
  }

  static boolean equal(double left, double right) {
    return left == right;
  }

  static boolean equalNumbers(@Nullable Object left, @Nullable Object right) {
    if (left == null || right == null) {
      return left == right;
    }
    if (isInexact(left.getClass()) || isInexact(right.getClass())) {
      return ((Number) left).doubleValue() == ((Number) right).doubleValue();
    }
    return big(left).compareTo(big(right)) == 0;
  }

  static boolean less(long left, long right) {
    return left < right;
  }

  static boolean less(double left, double right) {
    return left < right;
  }

  static boolean less(Object left, Object right) {
    return compare(left, right) < 0;
  }

  static boolean lessOrEqual(long left, long right) {
    return left <= right;
  }

  static boolean lessOrEqual(double left, double right) {
    return left <= right;
  }

  static boolean lessOrEqual(Object left, Object right) {
    return compare(left, right) <= 0;
  }

  static boolean greater(long left, long right) {
    return left > right;
  }

  static boolean greater(double left, double right) {
    return left > right;
  }

  static boolean greater(Object left, Object right) {
    return compare(left, right) > 0;
  }

  static boolean greaterOrEqual(long left, long right) {
    return left >= right;
  }

  static boolean greaterOrEqual(double left, double right) {
    return left >= right;
  }

  static boolean greaterOrEqual(Object left, Object right) {
    return compare(left, right) >= 0;
  }

  static String join(@Nullable Object left, @Nullable Object right) {
    return Texts.of(left) + Texts.of(right);
  }

  static Object require(@Nullable Object value, String what) {
    return Objects.requireNonNull(value, what);
  }

  private static int compare(Object left, Object right) {
    if (INEXACT.contains(left.getClass()) || INEXACT.contains(right.getClass())) {
      return Double.compare(((Number) left).doubleValue(), ((Number) right).doubleValue());
    }
    return big(left).compareTo(big(right));
  }

  private static BigDecimal big(Object number) {
    if (number instanceof BigDecimal decimal) {
      return decimal;
    }
    if (number instanceof BigInteger integer) {
      return new BigDecimal(integer);
    }
    return BigDecimal.valueOf(((Number) number).longValue());
  }

  private static MethodHandle own(String name, Class<?> result, Class<?>... operands) {
    try {
      return MethodHandles.lookup().findStatic(Operators.class, name, methodType(result, operands));
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(name, e);
    }
  }
}
