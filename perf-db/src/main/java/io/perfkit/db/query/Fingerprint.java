package io.perfkit.db.query;

import static java.util.Objects.requireNonNull;

import io.perfkit.db.query.SqlLexer.Token;
import java.util.Arrays;

/**
 * A statement without what differs from call to call: constants and parameters become {@code ?},
 * lists of them one, rows of {@code VALUES} that look alike one; comments go, words are in lower
 * case, and one space or none is between tokens. So it holds no literal. Immutable.
 *
 * <pre>
 * SELECT * FROM t WHERE id IN (1, 2, 3) AND name = 'Ann' -- find
 * select * from t where id in (?) and name = ?
 * </pre>
 *
 * <p>The fingerprint of a fingerprint is the same again, unless it is cut. Equal fingerprints are
 * taken for one statement; whether two texts mean the same to the server is not asked.
 *
 * @param text the statement
 * @param cut whether the statement is longer than {@value #LENGTH_MAX} characters, of which only
 *     these count
 */
public record Fingerprint(String text, boolean cut) {
  static final int LENGTH_MAX = 8_192;

  public Fingerprint {
    requireNonNull(text, "text");
  }

  /** Of any text, statement or not: nothing is refused. One pass. */
  public static Fingerprint of(String sql) {
    return new Fingerprint(new Writer(sql).write(), sql.length() > LENGTH_MAX);
  }

  @Override
  public String toString() {
    return cut ? text + " …" : text;
  }

  /** One pass over the tokens. */
  private static final class Writer {
    private static final int DEPTH_MAX = 64;
    private static final int IN = "in".hashCode();
    private static final int ARRAY = "array".hashCode();
    private static final int VALUES = "values".hashCode();

    /* What a bracket, or what follows VALUES, holds: elements of which alike ones become one. */
    private static final byte PLAIN = 0;
    private static final byte LIST = 1;
    private static final byte ROWS = 2;

    /** Stands for a lone colon, to tell it from the two of a cast. */
    private static final char COLON = ' ';

    private final SqlLexer lexer;
    private final char[] out;
    private int length;

    /* The token before: a word's hash, or 0. */
    private Token before = Token.END;
    private char beforeFirst;
    private int beforeWord;

    /* Signs that belong to a value if one follows, and what stood before them. */
    private boolean signs;
    private int signsAt;
    private Token beforeSigns = Token.END;
    private char beforeSignsFirst;

    private int depth;
    private final byte[] kinds = new byte[DEPTH_MAX];
    private final int[] elementAt = new int[DEPTH_MAX];
    private final int[] lastAt = new int[DEPTH_MAX];
    private final int[] lastEnd = new int[DEPTH_MAX];

    Writer(String sql) {
      this.lexer = new SqlLexer(sql, LENGTH_MAX);
      this.out = new char[lexer.text().length * 2 + 8];
    }

    String write() {
      boolean semicolon = false;
      for (Token token = lexer.next(); token != Token.END; token = lexer.next()) {
        if (token == Token.PUNCTUATION && lexer.is(';')) {
          semicolon = true;
          continue;
        }
        if (semicolon && length > 0) {
          endStatement();
        }
        semicolon = false;
        take(token);
      }
      endRows();
      return new String(out, 0, length);
    }

    private void endStatement() {
      endRows();
      out[length++] = ';';
      wrote(Token.PUNCTUATION, ';', 0);
      depth = 0;
      kinds[0] = PLAIN;
    }

    private void take(Token token) {
      char first = lexer.first();
      boolean comma = token == Token.PUNCTUATION && first == ',';
      if (kind() != PLAIN) {
        if (comma) {
          endElement();
        } else if (kind() == ROWS && isAfter(')')) {
          endRows();
        }
      }
      switch (token) {
        case WORD -> word();
        case VALUE -> value();
        case OPERATOR -> operator(first);
        case PUNCTUATION -> punctuation(first);
        default -> copy(token, 0);
      }
      if (comma && kind() != PLAIN) {
        elementAt[depth] = -1;
      }
    }

    private void word() {
      space(!isGlued());
      char[] text = lexer.text();
      int hash = 0;
      for (int i = lexer.start(); i < lexer.end(); i++) {
        char c = text[i];
        char lower = c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
        out[length++] = lower;
        hash = 31 * hash + lower;
      }
      wrote(Token.WORD, lexer.first(), hash);
      if (hash == VALUES && depth < DEPTH_MAX) {
        open(ROWS);
      }
    }

    private void value() {
      if (signs) {
        length = signsAt;
        before = beforeSigns;
        beforeFirst = beforeSignsFirst;
      } else if (before == Token.VALUE) {
        return; // a string that goes on after white space
      }
      space(!isGlued());
      out[length++] = '?';
      wrote(Token.VALUE, '?', 0);
    }

    private void operator(char first) {
      boolean sign = lexer.end() - lexer.start() == 1 && (first == '-' || first == '+');
      boolean unary = sign && !isOperand();
      if (unary && !signs) {
        signsAt = length;
        beforeSigns = before;
        beforeSignsFirst = beforeFirst;
      }
      copy(Token.OPERATOR, 0);
      signs = unary;
    }

    private void punctuation(char first) {
      switch (first) {
        case '(', '[' -> {
          boolean call = before == Token.WORD && !Keywords.contains(beforeWord);
          space(!isGlued() && !call && !(first == '[' && isOperandOrArray()));
          out[length++] = first;
          boolean list =
              first == '('
                  ? beforeWord == IN
                  : beforeWord == ARRAY || (isAfter('[') && kind() == LIST);
          wrote(Token.PUNCTUATION, first, 0);
          depth++;
          if (depth < DEPTH_MAX) {
            open(list ? LIST : PLAIN);
          }
        }
        case ')', ']' -> {
          if (kind() == LIST) {
            endElement();
          } else {
            endRows();
          }
          depth = Math.max(0, depth - 1);
          out[length++] = first;
          wrote(Token.PUNCTUATION, first, 0);
        }
        case ',', '.', ':' -> {
          boolean tight = first != ':' || lexer.end() - lexer.start() == 2;
          space((!tight || isAfter(COLON)) && !isGlued());
          append();
          wrote(Token.PUNCTUATION, tight ? first : COLON, 0);
        }
        default -> copy(Token.PUNCTUATION, 0);
      }
    }

    private void copy(Token token, int hash) {
      space(!isGlued());
      append();
      wrote(token, lexer.first(), hash);
    }

    private void append() {
      int count = lexer.end() - lexer.start();
      System.arraycopy(lexer.text(), lexer.start(), out, length, count);
      length += count;
    }

    private void wrote(Token token, char first, int hash) {
      before = token;
      beforeFirst = first;
      beforeWord = hash;
      signs = false;
    }

    /** Writes the space before a token, and knows then where an element begins. */
    private void space(boolean wanted) {
      if (wanted && length > 0) {
        out[length++] = ' ';
      }
      if (kind() != PLAIN && elementAt[depth] < 0) {
        elementAt[depth] = length;
      }
    }

    /** Whether what was written last wants no space after it. */
    private boolean isGlued() {
      return before == Token.PUNCTUATION && isOpening(beforeFirst);
    }

    private static boolean isOpening(char c) {
      return c == '(' || c == '[' || c == '.' || c == ':';
    }

    private boolean isAfter(char punctuation) {
      return before == Token.PUNCTUATION && beforeFirst == punctuation;
    }

    private boolean isOperand() {
      return switch (before) {
        case WORD -> !Keywords.contains(beforeWord);
        case QUOTED, VALUE -> true;
        case PUNCTUATION -> beforeFirst == ')' || beforeFirst == ']';
        default -> false;
      };
    }

    private boolean isOperandOrArray() {
      return isOperand() || beforeWord == ARRAY;
    }

    private byte kind() {
      return depth < DEPTH_MAX ? kinds[depth] : PLAIN;
    }

    private void open(byte kind) {
      kinds[depth] = kind;
      elementAt[depth] = -1;
      lastAt[depth] = -1;
    }

    private void endRows() {
      if (kind() == ROWS) {
        endElement();
        kinds[depth] = PLAIN;
      }
    }

    /** Drops an element that is like the one before it. */
    private void endElement() {
      int at = elementAt[depth];
      if (at < 0) {
        return;
      }
      int last = lastAt[depth];
      if (last >= 0 && Arrays.equals(out, last, lastEnd[depth], out, at, length)) {
        length = lastEnd[depth];
      } else {
        lastAt[depth] = at;
        lastEnd[depth] = length;
      }
      elementAt[depth] = -1;
    }
  }
}
