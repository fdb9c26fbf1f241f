package io.perfkit.weave.expression;

import io.perfkit.weave.WeaveException;

/**
 * An expression with a fault in syntax, names or types: the message has a caret under the fault.
 */
public final class ExpressionRefused extends WeaveException {
  private final int at;

  ExpressionRefused(String problem, String text, int at) {
    super(problem + "\n  " + text.replaceAll("\\s", " ") + "\n  " + " ".repeat(at) + "^", null);
    this.at = at;
  }

  /** Index in the text of the character that the caret is under; its length if more is missing. */
  public int at() {
    return at;
  }
}
