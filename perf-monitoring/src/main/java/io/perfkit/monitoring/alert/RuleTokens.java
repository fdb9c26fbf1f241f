package io.perfkit.monitoring.alert;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The tokens of a rule's text, read from left to right. One thread at a time. */
final class RuleTokens {
  private static final int MAX_LENGTH = 2_000;
  private static final Pattern TOKEN =
      Pattern.compile(
          "\\s*(?:(?<string>\"[^\"\\\\\\r"
              + "\\n"
              + "]*\")"
              + "|(?<number>-?[0-9]+(?:\\.[0-9]+)?(?:[eE]-?[0-9]+)?(?<unit>%|ms|s|m|h|d|KB|MB|GB)?(?![\\w.]))"
              + "|(?<word>[A-Za-z_][A-Za-z0-9_]*(?:\\.[A-Za-z0-9_]+)*)"
              + "|(?<sign>>=|<=|==|!=|[><=/(){},:]))");

  enum Kind {
    STRING,
    NUMBER,
    WORD,
    SIGN,
    END
  }

  /** One token: its kind, its text without quotes, and where it begins. */
  record Token(Kind kind, String text, int at) {
    boolean is(String expected) {
      return (kind == Kind.SIGN || kind == Kind.WORD) && text.equals(expected);
    }
  }

  private final String text;
  private final List<Token> tokens = new ArrayList<>();
  private int next;

  RuleTokens(String text) {
    this.text = text;
    if (text.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "rule: " + text.length() + " characters (expected: at most " + MAX_LENGTH + ")");
    }
    Matcher matcher = TOKEN.matcher(text);
    int at = 0;
    while (!text.substring(at).isBlank()) {
      if (!matcher.find(at) || matcher.start() != at) {
        throw problem(at + leadingBlanks(at), "a name, number, text or sign");
      }
      tokens.add(token(matcher));
      at = matcher.end();
    }
    tokens.add(new Token(Kind.END, "", text.length()));
  }

  private int leadingBlanks(int at) {
    int blanks = 0;
    while (Character.isWhitespace(text.charAt(at + blanks))) {
      blanks++;
    }
    return blanks;
  }

  private static Token token(Matcher matcher) {
    if (matcher.group("string") != null) {
      String quoted = matcher.group("string");
      return new Token(
          Kind.STRING, quoted.substring(1, quoted.length() - 1), matcher.start("string"));
    }
    for (Kind kind : List.of(Kind.NUMBER, Kind.WORD, Kind.SIGN)) {
      String group = kind == Kind.NUMBER ? "number" : kind == Kind.WORD ? "word" : "sign";
      if (matcher.group(group) != null) {
        return new Token(kind, matcher.group(group), matcher.start(group));
      }
    }
    throw new IllegalStateException("a token of no kind");
  }

  Token peek() {
    return tokens.get(next);
  }

  Token peekSecond() {
    return tokens.get(Math.min(next + 1, tokens.size() - 1));
  }

  Token take() {
    Token token = peek();
    next = Math.min(next + 1, tokens.size() - 1);
    return token;
  }

  boolean takeIf(String expected) {
    boolean is = peek().is(expected);
    if (is) {
      take();
    }
    return is;
  }

  Token take(Kind kind, String expected) {
    if (peek().kind() != kind) {
      throw problem(peek().at(), expected);
    }
    return take();
  }

  void take(String sign) {
    if (!takeIf(sign)) {
      throw problem(peek().at(), "'" + sign + "'");
    }
  }

  IllegalArgumentException problem(Token at, String expected) {
    return problem(at.at(), expected);
  }

  private IllegalArgumentException problem(int at, String expected) {
    return new IllegalArgumentException(
        "rule: column "
            + (at + 1)
            + " (expected: "
            + expected
            + ")\n  "
            + text.replaceAll("\\s", " ")
            + "\n  "
            + " ".repeat(at)
            + "^");
  }
}
