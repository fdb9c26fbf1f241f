package io.perfkit.weave.expression;

import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A node of an expression's syntax tree, before names and types are resolved. */
sealed interface Node {

  /** Index in the text, for the caret. */
  int at();

  /** Its child nodes. */
  default List<Node> parts() {
    return List.of();
  }

  /** Whether a name in it passes the test. */
  default boolean anyName(Predicate<String> test) {
    return (this instanceof Name name && test.test(name.name()))
        || parts().stream().anyMatch(part -> part.anyName(test));
  }

  /** Whether something of which it reads a property passes the test. */
  default boolean anyOwner(Predicate<Node> test) {
    return (this instanceof Property property && test.test(property.owner()))
        || parts().stream().anyMatch(part -> part.anyOwner(test));
  }

  /** A text, {@code Long}, {@code BigDecimal}, {@code Boolean} or null. */
  record Literal(@Nullable Object value, int at) implements Node {}

  /** An argument or the result. */
  record Name(String name, int at) implements Node {}

  /** A step of a path; {@code at} is under its name. */
  record Property(Node owner, String name, int at) implements Node {
    @Override
    public List<Node> parts() {
      return List.of(owner);
    }
  }

  /** {@code == != < <= > >=}; {@code at} is under the operator. */
  record Comparison(String operator, Node left, Node right, int at) implements Node {
    @Override
    public List<Node> parts() {
      return List.of(left, right);
    }
  }

  /** Concatenation of texts; {@code at} is under the {@code +}. */
  record Joining(Node left, Node right, int at) implements Node {
    @Override
    public List<Node> parts() {
      return List.of(left, right);
    }
  }

  /** {@code and} or {@code or}, with short-circuit evaluation from the left. */
  record Logic(boolean and, Node left, Node right, int at) implements Node {
    @Override
    public List<Node> parts() {
      return List.of(left, right);
    }
  }

  /** Negation. */
  record Not(Node operand, int at) implements Node {
    @Override
    public List<Node> parts() {
      return List.of(operand);
    }
  }
}
