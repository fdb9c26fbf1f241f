package io.perfkit.weave.expression;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * One token of an expression.
 *
 * @param text as written; of a text its content, of an operator its one spelling
 * @param at index of its first character
 */
record Token(Kind kind, String text, int at) {
  private static final Set<String> WORDS = Set.of("and", "or", "not", "true", "false", "null");

  /** Kind of a token. */
  enum Kind {
    NAME,
    WORD,
    TEXT,
    NUMBER,
    SIGN,
    END
  }

  boolean is(Kind other, String spelling) {
    return kind == other && text.equals(spelling);
  }

  static List<Token> all(String text) {
    List<Token> tokens = new ArrayList<>();
    int at = 0;
    while (at < text.length()) {
      int c = text.codePointAt(at);
      int end;
      if (Character.isWhitespace(c)) {
        at++;
        continue;
      } else if (Character.isJavaIdentifierStart(c) || c == '#') {
        end = endOfName(text, at);
        String name = text.substring(at, end);
        if (name.equals("#")) {
          throw new ExpressionRefused(SpelHabits.withoutName(text, at), text, at);
        }
        boolean property = !tokens.isEmpty() && tokens.get(tokens.size() - 1).is(Kind.SIGN, ".");
        boolean word = WORDS.contains(name) && !property;
        tokens.add(new Token(word ? Kind.WORD : Kind.NAME, name, at));
      } else if (isDigit(c)) {
        end = endOfNumber(text, at);
        if (end < text.length() && Character.isJavaIdentifierPart(text.codePointAt(end))) {
          throw new ExpressionRefused(
              "a number is digits, with a point at most; write 1 for 1L and 0.5 for 0.5f",
              text,
              end);
        }
        tokens.add(new Token(Kind.NUMBER, text.substring(at, end), at));
      } else if (c == '\'' || c == '"') {
        end = text.indexOf(c, at + 1) + 1;
        if (end == 0) {
          throw new ExpressionRefused("the text has no closing " + (char) c, text, at);
        }
        tokens.add(new Token(Kind.TEXT, text.substring(at + 1, end - 1), at));
      } else {
        String sign = sign(text, at);
        end = at + sign.length();
        tokens.add(operator(sign, at));
      }
      at = end;
    }
    tokens.add(new Token(Kind.END, "", text.length()));
    return tokens;
  }

  private static int endOfName(String text, int start) {
    int end = text.offsetByCodePoints(start, 1);
    while (end < text.length() && Character.isJavaIdentifierPart(text.codePointAt(end))) {
      end = text.offsetByCodePoints(end, 1);
    }
    return end;
  }

  private static int endOfNumber(String text, int start) {
    int end = endOfDigits(text, start);
    if (end + 1 < text.length() && text.charAt(end) == '.' && isDigit(text.charAt(end + 1))) {
      end = endOfDigits(text, end + 1);
    }
    return end;
  }

  private static int endOfDigits(String text, int start) {
    int end = start;
    while (end < text.length() && isDigit(text.charAt(end))) {
      end++;
    }
    return end;
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private static String sign(String text, int at) {
    for (String sign :
        List.of("==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")", ".", "+", "-")) {
      if (text.startsWith(sign, at)) {
        return sign;
      }
    }
    String character = text.substring(at, text.offsetByCodePoints(at, 1));
    throw new ExpressionRefused(
        SpelHabits.sign(text, at).orElse("'" + character + "' means nothing here"), text, at);
  }

  private static Token operator(String sign, int at) {
    return switch (sign) {
      case "&&" -> new Token(Kind.WORD, "and", at);
      case "||" -> new Token(Kind.WORD, "or", at);
      case "!" -> new Token(Kind.WORD, "not", at);
      default -> new Token(Kind.SIGN, sign, at);
    };
  }
}
