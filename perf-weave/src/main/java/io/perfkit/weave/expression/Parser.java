package io.perfkit.weave.expression;

import io.perfkit.weave.expression.Token.Kind;
import java.math.BigDecimal;
import java.util.List;
import java.util.Set;

/**
 * Recursive-descent parser of expressions:
 *
 * <pre>
 * expression = conjunction { "or" conjunction }
 * conjunction = negation { "and" negation }
 * negation = "not" negation | comparison
 * comparison = joining [ ("==" | "!=" | "&lt;" | "&lt;=" | "&gt;" | "&gt;=") joining ]
 * joining = value { "+" value }
 * value = text | ["-"] number | "true" | "false" | "null" | path | "(" expression ")"
 * path = name { "." name }
 * </pre>
 *
 * <p>One thread at a time.
 */
final class Parser {
  private static final int LENGTH_MAX = 1_000;
  private static final int DEPTH_MAX = 50;
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

  private final String text;
  private final List<Token> tokens;
  private int next;
  private int depth;

  private Parser(String text) {
    this.text = text;
    this.tokens = Token.all(text);
  }

  /**
   * @throws ExpressionRefused if the text is no expression
   */
  static Node parse(String text) {
    if (text.length() > LENGTH_MAX) {
      throw new ExpressionRefused(
          text.length() + " characters (expected: at most " + LENGTH_MAX + ")", "", 0);
    }
    Parser parser = new Parser(text);
    Node whole = parser.expression();
    Token rest = parser.peek();
    if (rest.kind() != Kind.END) {
      throw parser.unexpected(rest, "an operator is missing");
    }
    return whole;
  }

  /** A token after a value that neither goes on nor ends there. */
  private ExpressionRefused unexpected(Token token, String otherwise) {
    if (token.is(Kind.SIGN, "(") && next > 0 && tokens.get(next - 1).kind() == Kind.NAME) {
      boolean isProperty = next > 1 && tokens.get(next - 2).is(Kind.SIGN, ".");
      return refuse(SpelHabits.call(tokens.get(next - 1).text(), isProperty), token);
    }
    if (token.kind() == Kind.TEXT && next > 0 && tokens.get(next - 1).kind() == Kind.TEXT) {
      return refuse(
          "a text has no escapes: put one with a ' between \", and one with a \" between '", token);
    }
    if (next > 0 && tokens.get(next - 1).is(Kind.NAME, "new")) {
      return refuse(SpelHabits.NO_OBJECTS, tokens.get(next - 1));
    }
    return refuse(SpelHabits.operator(token).orElse(otherwise), token);
  }

  private Node expression() {
    Node left = conjunction();
    while (peek().is(Kind.WORD, "or")) {
      Token operator = take();
      left = new Node.Logic(false, left, conjunction(), operator.at());
    }
    return left;
  }

  private Node conjunction() {
    Node left = negation();
    while (peek().is(Kind.WORD, "and")) {
      Token operator = take();
      left = new Node.Logic(true, left, negation(), operator.at());
    }
    return left;
  }

  private Node negation() {
    if (!peek().is(Kind.WORD, "not")) {
      return comparison();
    }
    Token operator = take();
    return new Node.Not(deeper(operator, this::negation), operator.at());
  }

  private Node comparison() {
    Node left = joining();
    if (!isComparison(peek())) {
      return left;
    }
    Token operator = take();
    Node compared = new Node.Comparison(operator.text(), left, joining(), operator.at());
    if (isComparison(peek())) {
      throw refuse("comparisons can't be chained; join them by 'and'", peek());
    }
    return compared;
  }

  private static boolean isComparison(Token token) {
    return token.kind() == Kind.SIGN && COMPARISONS.contains(token.text());
  }

  private Node joining() {
    Node left = value();
    while (peek().is(Kind.SIGN, "+")) {
      Token operator = take();
      left = new Node.Joining(left, value(), operator.at());
    }
    return left;
  }

  private Node value() {
    Token token = take();
    return switch (token.kind()) {
      case TEXT -> new Node.Literal(token.text(), token.at());
      case NUMBER -> number(token, token.text());
      case NAME -> path(new Node.Name(token.text(), token.at()));
      case WORD -> word(token);
      case SIGN -> sign(token);
      case END -> throw refuse("a value is missing", token);
    };
  }

  private Node sign(Token token) {
    if (token.text().equals("-") && peek().kind() == Kind.NUMBER) {
      return number(token, "-" + take().text());
    }
    if (token.text().equals("(")) {
      return deeper(token, this::parenthesised);
    }
    throw refuse("a value is missing before '" + token.text() + "'", token);
  }

  private Node word(Token token) {
    return switch (token.text()) {
      case "true" -> new Node.Literal(true, token.at());
      case "false" -> new Node.Literal(false, token.at());
      case "null" -> new Node.Literal(null, token.at());
      default -> throw refuse("a value is missing before '" + token.text() + "'", token);
    };
  }

  private Node parenthesised() {
    Node inside = expression();
    if (!peek().is(Kind.SIGN, ")")) {
      throw unexpected(peek(), "')' is missing");
    }
    take();
    return inside;
  }

  private Node path(Node start) {
    Node path = start;
    while (peek().is(Kind.SIGN, ".")) {
      take();
      Token name = take();
      if (name.kind() != Kind.NAME || name.text().startsWith("#")) {
        throw refuse("a property's name is missing", name);
      }
      path = new Node.Property(path, name.text(), name.at());
    }
    return path;
  }

  private Node number(Token token, String digits) {
    if (digits.contains(".")) {
      return new Node.Literal(new BigDecimal(digits), token.at());
    }
    try {
      return new Node.Literal(Long.valueOf(digits), token.at());
    } catch (NumberFormatException e) {
      throw refuse("the number is too large", token);
    }
  }

  /** Bounds how deep parentheses and negations nest, and with it our own stack. */
  private Node deeper(Token token, Rule rule) {
    if (++depth > DEPTH_MAX) {
      throw refuse("nested more than " + DEPTH_MAX + " deep", token);
    }
    Node node = rule.read();
    depth--;
    return node;
  }

  private interface Rule {
    Node read();
  }

  private Token peek() {
    return tokens.get(next);
  }

  private Token take() {
    Token token = peek();
    if (token.kind() != Kind.END) {
      next++;
    }
    return token;
  }

  private ExpressionRefused refuse(String problem, Token token) {
    return new ExpressionRefused(problem, text, token.at());
  }
}
