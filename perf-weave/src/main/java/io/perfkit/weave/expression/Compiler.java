package io.perfkit.weave.expression;

import static java.lang.invoke.MethodType.methodType;

import io.perfkit.weave.expression.Node.Comparison;
import io.perfkit.weave.expression.Node.Joining;
import io.perfkit.weave.expression.Node.Literal;
import io.perfkit.weave.expression.Node.Logic;
import io.perfkit.weave.expression.Node.Name;
import io.perfkit.weave.expression.Node.Not;
import io.perfkit.weave.expression.Node.Property;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.math.BigDecimal;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Types one expression and compiles it; each handle takes the scope's variables. One thread at a
 * time.
 */
final class Compiler {
  private final String text;
  private final Scope scope;
  private final List<Class<?>> variables;

  Compiler(String text, Scope scope) {
    this.text = text;
    this.scope = scope;
    this.variables = scope.types();
  }

  /** A handle of {@code boolean}. */
  MethodHandle condition(Node node) {
    MethodHandle value = value(node);
    Class<?> type = value.type().returnType();
    if (type != boolean.class && type != Boolean.class) {
      throw refuse("is " + type.getSimpleName() + " (expected: true or false)", node);
    }
    return value.asType(value.type().changeReturnType(boolean.class));
  }

  /** A handle of whatever the node is. */
  MethodHandle value(Node node) {
    if (node instanceof Literal literal) {
      return literal(literal);
    }
    if (node instanceof Name name) {
      return variable(name);
    }
    if (node instanceof Property property) {
      return property(property);
    }
    if (node instanceof Comparison comparison) {
      return comparison(comparison);
    }
    if (node instanceof Joining joining) {
      return joining(joining);
    }
    if (node instanceof Logic logic) {
      return logic(logic);
    }
    return MethodHandles.filterReturnValue(condition(((Not) node).operand()), Operators.NOT);
  }

  private MethodHandle literal(Literal literal) {
    Object value = literal.value();
    if (value == null) {
      return constant(Void.class, null);
    }
    if (value instanceof Long) {
      return constant(long.class, value);
    }
    if (value instanceof Boolean) {
      return constant(boolean.class, value);
    }
    return constant(value.getClass(), value);
  }

  private MethodHandle constant(Class<?> type, @Nullable Object value) {
    return MethodHandles.dropArguments(MethodHandles.constant(type, value), 0, variables);
  }

  private MethodHandle variable(Name name) {
    OptionalInt index = scope.find(name.name());
    if (index.isEmpty()) {
      throw refuse(scope.unknown(name.name()), name);
    }
    Class<?> type = variables.get(index.getAsInt());
    return MethodHandles.permuteArguments(
        MethodHandles.identity(type), methodType(type, variables), index.getAsInt());
  }

  private MethodHandle property(Property property) {
    MethodHandle owner = value(property.owner());
    Class<?> type = owner.type().returnType();
    MethodHandle getter =
        Properties.find(scope.lookup(), type, property.name())
            .orElseThrow(() -> refuse(Properties.missing(type, property.name()), property));
    String path = text.substring(start(property), property.at()).stripTrailing();
    String what = path.substring(0, path.length() - 1) + " in: " + text;
    MethodHandle present =
        MethodHandles.insertArguments(Operators.REQUIRE, 1, what).asType(methodType(type, type));
    return MethodHandles.filterReturnValue(MethodHandles.filterReturnValue(owner, present), getter);
  }

  private static int start(Node path) {
    return path instanceof Property property ? start(property.owner()) : path.at();
  }

  private MethodHandle comparison(Comparison comparison) {
    MethodHandle left = value(comparison.left());
    MethodHandle right = value(comparison.right());
    boolean equality = comparison.operator().equals("==") || comparison.operator().equals("!=");
    right = constantOf(left, comparison.right(), right);
    left = constantOf(right, comparison.left(), left);
    Class<?> one = left.type().returnType();
    Class<?> other = right.type().returnType();
    Operators.Numbers numbers = Operators.Numbers.of(one, other);
    MethodHandle compare;
    if (numbers != Operators.Numbers.NONE) {
      compare = equality ? numbers.equal(one, other) : numbers.order(comparison.operator());
    } else if (equality && Operators.canBeEqual(one, other)) {
      compare = Operators.EQUAL;
    } else {
      throw refuse(
          one.getSimpleName()
              + " and "
              + other.getSimpleName()
              + (equality ? " are never equal" : " have no order (expected: two numbers)"),
          comparison);
    }
    MethodHandle typed = compare.asType(methodType(boolean.class, one, other));
    MethodHandle result = both(typed, left, right);
    return comparison.operator().equals("!=")
        ? MethodHandles.filterReturnValue(result, Operators.NOT)
        : result;
  }

  /** A literal as the other side's type wants it: a text names an enum's constant. */
  private MethodHandle constantOf(MethodHandle other, Node node, MethodHandle own) {
    Class<?> type = other.type().returnType();
    if (!(node instanceof Literal literal)) {
      return own;
    }
    if (type.isEnum() && literal.value() instanceof String name) {
      for (Object constant : type.getEnumConstants()) {
        if (((Enum<?>) constant).name().equals(name)) {
          return constant(type, constant);
        }
      }
      throw refuse(type.getSimpleName() + " has no constant '" + name + "'", node);
    }
    if (Operators.isInexact(type) && literal.value() instanceof BigDecimal decimal) {
      return constant(double.class, decimal.doubleValue());
    }
    return own;
  }

  private MethodHandle joining(Joining joining) {
    MethodHandle left = value(joining.left());
    MethodHandle right = value(joining.right());
    Class<?> one = left.type().returnType();
    Class<?> other = right.type().returnType();
    if (one != String.class && other != String.class) {
      throw refuse(
          "'+' joins texts, and neither "
              + one.getSimpleName()
              + " nor "
              + other.getSimpleName()
              + " is one",
          joining);
    }
    return both(Operators.JOIN.asType(methodType(String.class, one, other)), left, right);
  }

  private MethodHandle logic(Logic logic) {
    MethodHandle left = condition(logic.left());
    MethodHandle right = condition(logic.right());
    return logic.and()
        ? MethodHandles.guardWithTest(left, right, constant(boolean.class, false))
        : MethodHandles.guardWithTest(left, constant(boolean.class, true), right);
  }

  /** An operator of two values, both of which take all variables. */
  private MethodHandle both(MethodHandle operator, MethodHandle left, MethodHandle right) {
    int count = variables.size();
    MethodHandle twice = MethodHandles.collectArguments(operator, 1, right);
    twice = MethodHandles.collectArguments(twice, 0, left);
    int[] order = new int[2 * count];
    for (int i = 0; i < order.length; i++) {
      order[i] = i % count;
    }
    return MethodHandles.permuteArguments(
        twice, methodType(operator.type().returnType(), variables), order);
  }

  private ExpressionRefused refuse(String problem, Node node) {
    return new ExpressionRefused(problem, text, node.at());
  }
}
