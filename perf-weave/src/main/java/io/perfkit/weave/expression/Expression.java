package io.perfkit.weave.expression;

import static java.util.Objects.requireNonNull;

import java.lang.invoke.MethodHandle;

/**
 * An expression of an annotation, parsed, typed and compiled. For its grammar and rules see {@code
 * docs/reference/expressions.md}. Immutable.
 */
public final class Expression {
  private final String text;
  private final Node node;
  private final MethodHandle handle;

  private Expression(String text, Node node, MethodHandle handle) {
    this.text = text;
    this.node = node;
    this.handle = handle;
  }

  /**
   * An expression of any type.
   *
   * @throws ExpressionRefused if the text is not an expression, or names or types are wrong
   */
  public static Expression of(String text, Scope scope) {
    requireNonNull(scope, "scope");
    Node node = Parser.parse(requireNonNull(text, "text"));
    return new Expression(text, node, new Compiler(text, scope, node).whole(node));
  }

  /**
   * An expression that is true or false.
   *
   * @throws ExpressionRefused as above, and for another type
   */
  public static Expression condition(String text, Scope scope) {
    requireNonNull(scope, "scope");
    Node node = Parser.parse(requireNonNull(text, "text"));
    return new Expression(text, node, new Compiler(text, scope, node).wholeCondition(node));
  }

  /** Whether it names {@code #result}. */
  public boolean namesResult() {
    return node.anyName(name -> name.equals(Scope.RESULT));
  }

  /** Whether it reads a property of {@code #result}, which a null has not. */
  public boolean readsResult() {
    return node.anyOwner(
        owner -> owner instanceof Node.Name name && name.name().equals(Scope.RESULT));
  }

  /** The type of its values; {@code boolean} for a condition. */
  public Class<?> type() {
    return handle.type().returnType();
  }

  /**
   * A handle that takes the values of the scope's variables in order and returns the expression's
   * value. Throws a {@code NullPointerException} if a property, an order or a condition meets a
   * null. Allocates only joined texts, and boxed numbers beside {@code BigDecimal}.
   */
  public MethodHandle handle() {
    return handle;
  }

  @Override
  public String toString() {
    return text;
  }
}
