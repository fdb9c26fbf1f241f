package io.perfkit.weave.expression;

import static java.lang.invoke.MethodType.methodType;

import io.perfkit.weave.Generics;
import io.perfkit.weave.expression.Node.Comparison;
import io.perfkit.weave.expression.Node.Joining;
import io.perfkit.weave.expression.Node.Literal;
import io.perfkit.weave.expression.Node.Logic;
import io.perfkit.weave.expression.Node.Name;
import io.perfkit.weave.expression.Node.Not;
import io.perfkit.weave.expression.Node.Property;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Type-checks one expression and compiles it to a method handle. Inner handles take only the
 * variables that the expression names, since a method handle takes at most 255 values; the
 * resulting handle takes all of the scope. One thread at a time.
 */
final class Compiler {
  private final String text;
  private final Scope scope;
  private final List<Integer> used;
  private final List<Class<?>> variables = new ArrayList<>();

  Compiler(String text, Scope scope, Node whole) {
    this.text = text;
    this.scope = scope;
    Set<Integer> indexes = new TreeSet<>();
    use(whole, indexes);
    this.used = List.copyOf(indexes);
    used.forEach(index -> variables.add(scope.types().get(index)));
  }

  /** A value while it is compiled: its handle, and its type with what is known of arguments. */
  private record Typed(MethodHandle handle, Type type) {
    static Typed of(MethodHandle handle) {
      return new Typed(handle, handle.type().returnType());
    }

    Class<?> kind() {
      return handle.type().returnType();
    }
  }

  private void use(Node node, Set<Integer> indexes) {
    if (node instanceof Name name) {
      indexes.add(find(name));
    }
    node.parts().forEach(part -> use(part, indexes));
  }

  private int find(Name name) {
    OptionalInt index = scope.find(name.name());
    if (index.isEmpty()) {
      throw refuse(scope.unknown(name.name()), name);
    }
    return index.getAsInt();
  }

  /** A handle of {@code boolean} that takes the scope's variables. */
  MethodHandle wholeCondition(Node node) {
    return ofScope(node, true);
  }

  /** A handle of the node's type that takes the scope's variables. */
  MethodHandle whole(Node node) {
    return ofScope(node, false);
  }

  private MethodHandle ofScope(Node node, boolean condition) {
    try {
      MethodHandle handle = condition ? condition(node) : value(node).handle();
      int[] order = used.stream().mapToInt(Integer::intValue).toArray();
      return MethodHandles.permuteArguments(
          handle, methodType(handle.type().returnType(), scope.types()), order);
    } catch (ExpressionRefused e) {
      throw e;
    } catch (IllegalArgumentException e) { // of method handles: bad parameter count
      throw refuse("names too many parameters; put some of them into a record", node);
    }
  }

  private MethodHandle condition(Node node) {
    Typed value = value(node);
    Class<?> type = value.kind();
    if (type != boolean.class && type != Boolean.class) {
      throw refuse("is " + type.getSimpleName() + " (expected: true or false)", node);
    }
    MethodHandle present = present(value, node);
    return present.asType(present.type().changeReturnType(boolean.class));
  }

  private Typed value(Node node) {
    if (node instanceof Literal literal) {
      return Typed.of(literal(literal));
    }
    if (node instanceof Name name) {
      return variable(name);
    }
    if (node instanceof Property property) {
      return property(property);
    }
    if (node instanceof Comparison comparison) {
      return Typed.of(comparison(comparison));
    }
    if (node instanceof Joining joining) {
      return Typed.of(joining(joining));
    }
    if (node instanceof Logic logic) {
      return Typed.of(logic(logic));
    }
    return Typed.of(
        MethodHandles.filterReturnValue(condition(((Not) node).operand()), Operators.NOT));
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

  private Typed variable(Name name) {
    int index = find(name);
    int own = used.indexOf(index);
    Class<?> type = variables.get(own);
    return new Typed(
        MethodHandles.permuteArguments(
            MethodHandles.identity(type), methodType(type, variables), own),
        scope.variables().get(index).type());
  }

  private Typed property(Property property) {
    Typed owner = value(property.owner());
    Class<?> kind = owner.kind();
    Properties.Found found =
        Properties.find(scope.lookup(), kind, property.name())
            .orElseThrow(
                () -> refuse(Properties.missing(scope.lookup(), kind, property.name()), property));
    Generics generics = Generics.of(owner.type());
    Type type = generics.resolve(found.type());
    MethodHandle read =
        MethodHandles.filterReturnValue(present(owner, property.owner()), found.read());
    return new Typed(read.asType(read.type().changeReturnType(generics.erase(type))), type);
  }

  /** The same value; a null is a {@code NullPointerException} that says where it was met. */
  private MethodHandle present(Typed value, Node node) {
    Class<?> type = value.kind();
    if (type.isPrimitive() || !(node instanceof Name || node instanceof Property)) {
      return value.handle();
    }
    String what = path(node) + " in: " + text;
    MethodHandle require =
        MethodHandles.insertArguments(Operators.REQUIRE, 1, what).asType(methodType(type, type));
    return MethodHandles.filterReturnValue(value.handle(), require);
  }

  private static String path(Node node) {
    return node instanceof Property property
        ? path(property.owner()) + "." + property.name()
        : ((Name) node).name();
  }

  private MethodHandle comparison(Comparison comparison) {
    Typed leftSide = value(comparison.left());
    Typed rightSide = value(comparison.right());
    MethodHandle left = leftSide.handle();
    MethodHandle right = rightSide.handle();
    boolean equality = comparison.operator().equals("==") || comparison.operator().equals("!=");
    right = constantOf(left, comparison.right(), right);
    left = constantOf(right, comparison.left(), left);
    Class<?> one = left.type().returnType();
    Class<?> other = right.type().returnType();
    Operators.Numbers numbers = Operators.Numbers.of(one, other);
    MethodHandle compare;
    if (numbers != Operators.Numbers.NONE) {
      compare = equality ? numbers.equal(one, other) : numbers.order(comparison.operator());
      if (!equality) {
        left = present(new Typed(left, one), comparison.left());
        right = present(new Typed(right, other), comparison.right());
      }
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

  /** A literal as the other side's type wants it: a text names an enum's constant, or a char. */
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
    boolean isChar = type == char.class || type == Character.class;
    if (isChar && literal.value() instanceof String letter) {
      if (letter.length() != 1) {
        throw refuse("a char is one letter, such as 'x'", node);
      }
      return constant(char.class, letter.charAt(0));
    }
    if (Operators.isInexact(type) && literal.value() instanceof BigDecimal decimal) {
      return constant(double.class, decimal.doubleValue());
    }
    return own;
  }

  private MethodHandle joining(Joining joining) {
    MethodHandle left = value(joining.left()).handle();
    MethodHandle right = value(joining.right()).handle();
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
    requireText(one, joining.left());
    requireText(other, joining.right());
    return both(Operators.JOIN.asType(methodType(String.class, one, other)), left, right);
  }

  private static String remedy(Class<?> type, Node node) {
    if (type.isArray()) {
      return "let the method take a value that says which it is";
    }
    String named = node instanceof Name name ? name.name() : "it";
    return type == Date.class
        ? "name its milliseconds, as " + named + ".time"
        : "name a property of " + named;
  }

  private void requireText(Class<?> type, Node node) {
    if (!Texts.has(type)) {
      throw refuse(
          type.getSimpleName()
              + " has no text that is the same for equal values and another for others (expected: "
              + Texts.EXPECTED
              + "); "
              + remedy(type, node),
          node);
    }
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
