package io.perfkit.db.query;

import static java.util.Objects.requireNonNull;

import io.perfkit.db.internal.Keywords;
import io.perfkit.db.internal.SqlLexer;
import io.perfkit.db.internal.SqlLexer.Token;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

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
    private static final int VALUES_LENGTH = "values".length();

    /** Stands for a lone colon, to tell it from the two of a cast. */
    private static final char COLON = ' ';

    private final SqlLexer lexer;
    private final char[] out;
    private int length;

    /* The token before. */
    private Token before = Token.END;
    private char beforeFirst;
    private int beforeAt;

    /* Signs that belong to a value if one follows, and what stood before them. */
    private boolean signs;
    private int signsAt;
    private Token beforeSigns = Token.END;
    private char beforeSignsFirst;

    /** Of the innermost bracket of which alike ones become one, and how deep that is. */
    private @Nullable Elements elements;

    private int depth;

    /** In a list, or behind VALUES: alike ones become one. */
    private static final class Elements {
      private static final int NONE = -1;

      private final boolean rows;
      private final int depth;
      private final @Nullable Elements outer;
      private int at = NONE;
      private int lastAt = NONE;
      private int lastEnd;

      Elements(boolean rows, int depth, @Nullable Elements outer) {
        this.rows = rows;
        this.depth = depth;
        this.outer = outer;
      }
    }

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
      wrote(Token.PUNCTUATION, ';');
      depth = 0;
      elements = null;
    }

    private void take(Token token) {
      char first = lexer.first();
      boolean comma = token == Token.PUNCTUATION && first == ',';
      Elements open = elements();
      if (open != null) {
        if (comma) {
          endElement(open);
        } else if (open.rows && isAfter(')')) {
          endRows();
        }
      }
      switch (token) {
        case WORD -> word();
        case VALUE -> value();
        case OPERATOR -> operator(first);
        case PUNCTUATION -> punctuation(first);
        default -> copy(token);
      }
      if (comma && open != null) {
        open.at = Elements.NONE;
      }
    }

    /** Null where all is kept. */
    private @Nullable Elements elements() {
      Elements innermost = elements;
      return innermost != null && innermost.depth == depth ? innermost : null;
    }

    private void word() {
      space(!isGlued());
      beforeAt = length;
      append();
      wrote(Token.WORD, lexer.first());
      if (length - beforeAt == VALUES_LENGTH && wordBefore() == VALUES && depth < DEPTH_MAX) {
        Elements same = elements();
        elements = new Elements(true, depth, same == null ? elements : same.outer);
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
      wrote(Token.VALUE, '?');
    }

    private void operator(char first) {
      boolean sign = lexer.end() - lexer.start() == 1 && (first == '-' || first == '+');
      boolean unary = sign && !isOperand();
      if (unary && !signs) {
        signsAt = length;
        beforeSigns = before;
        beforeSignsFirst = beforeFirst;
      }
      copy(Token.OPERATOR);
      signs = unary;
    }

    private void punctuation(char first) {
      switch (first) {
        case '(', '[' -> {
          int word = wordBefore();
          boolean call = before == Token.WORD && !Keywords.contains(word);
          boolean list = first == '(' ? word == IN : word == ARRAY || (isAfter('[') && isInList());
          space(!isGlued() && !call && !(first == '[' && (word == ARRAY || isOperand())));
          out[length++] = first;
          wrote(Token.PUNCTUATION, first);
          open(list);
        }
        case ')', ']' -> {
          close();
          out[length++] = first;
          wrote(Token.PUNCTUATION, first);
        }
        case ',', '.', ':' -> {
          boolean tight = first != ':' || lexer.end() - lexer.start() == 2;
          space((!tight || isAfter(COLON)) && !isGlued());
          append();
          wrote(Token.PUNCTUATION, tight ? first : COLON);
        }
        default -> copy(Token.PUNCTUATION);
      }
    }

    private void copy(Token token) {
      space(!isGlued());
      append();
      wrote(token, lexer.first());
    }

    private void append() {
      int count = lexer.end() - lexer.start();
      System.arraycopy(lexer.text(), lexer.start(), out, length, count);
      length += count;
    }

    private void wrote(Token token, char first) {
      before = token;
      beforeFirst = first;
      signs = false;
    }

    /** The hash of the word that was written last; 0 if that was no word. */
    private int wordBefore() {
      int hash = 0;
      if (before == Token.WORD) {
        for (int i = beforeAt; i < length; i++) {
          hash = 31 * hash + out[i];
        }
      }
      return hash;
    }

    /** Writes the space before a token, and knows then where an element begins. */
    private void space(boolean wanted) {
      if (wanted && length > 0) {
        out[length++] = ' ';
      }
      Elements open = elements();
      if (open != null && open.at == Elements.NONE) {
        open.at = length;
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
        case WORD -> !Keywords.contains(wordBefore());
        case QUOTED, VALUE -> true;
        case PUNCTUATION -> beforeFirst == ')' || beforeFirst == ']';
        default -> false;
      };
    }

    private boolean isInList() {
      Elements open = elements();
      return open != null && !open.rows;
    }

    private void open(boolean list) {
      depth++;
      if (list && depth < DEPTH_MAX) {
        elements = new Elements(false, depth, elements);
      }
    }

    private void close() {
      Elements open = elements();
      if (open != null) {
        endElement(open);
        elements = open.outer;
      }
      if (depth > 0) {
        depth--;
      }
    }

    private void endRows() {
      Elements open = elements();
      if (open != null && open.rows) {
        endElement(open);
        elements = open.outer;
      }
    }

    /** Drops an element that is like the one before it. */
    private void endElement(Elements in) {
      int at = in.at;
      if (at == Elements.NONE) {
        return;
      }
      if (in.lastAt != Elements.NONE
          && Arrays.equals(out, in.lastAt, in.lastEnd, out, at, length)) {
        length = in.lastEnd;
      } else {
        in.lastAt = at;
        in.lastEnd = length;
      }
      in.at = Elements.NONE;
    }
  }
}
