package io.perfkit.weave.expression;

import org.jspecify.annotations.Nullable;

/** What an expression says, before names and types are known. */
sealed interface Node {

  /** Index in the text, for the caret. */
  int at();

  /** A text, {@code Long}, {@code BigDecimal}, {@code Boolean} or null. */
  record Literal(@Nullable Object value, int at) implements Node {}

  /** An argument or the result. */
  record Name(String name, int at) implements Node {}

  /** A step of a path; {@code at} is under its name. */
  record Property(Node owner, String name, int at) implements Node {}

  /** {@code == != < <= > >=}; {@code at} is under the operator. */
  record Comparison(String operator, Node left, Node right, int at) implements Node {}

  /** Texts put together; {@code at} is under the {@code +}. */
  record Joining(Node left, Node right, int at) implements Node {}

  /** {@code and} or {@code or}, which decide from the left. */
  record Logic(boolean and, Node left, Node right, int at) implements Node {}

  /** The opposite. */
  record Not(Node operand, int at) implements Node {}
}
