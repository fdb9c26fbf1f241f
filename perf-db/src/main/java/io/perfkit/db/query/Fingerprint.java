package io.perfkit.db.query;

import static java.util.Objects.requireNonNull;

import io.perfkit.db.internal.Keywords;
import io.perfkit.db.internal.SqlLexer;
import io.perfkit.db.internal.SqlLexer.Token;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Query fingerprint: the normalised text of any SQL, under which executions that differ only in
 * constants are counted as one query: constants and parameters become {@code ?}, also NULL, TRUE,
 * FALSE and DEFAULT where a value stands, lists of them one, rows of {@code VALUES}, conditions
 * between {@code OR} and branches of {@code CASE} that look alike one, and names that are made for
 * one use (of savepoints, prepared statements and cursors) too; comments go, words are in lower
 * case, and one space or none is between tokens. So it holds no literal. Immutable.
 *
 * <pre>
 * SELECT * FROM t WHERE id IN (1, 2, 3) AND name = 'Ann' -- find
 * select * from t where id in (?) and name = ?
 * </pre>
 *
 * <p>The fingerprint of a fingerprint is the same again, unless it is cut. Equal fingerprints count
 * as one statement, whether or not the two texts mean the same to the server.
 *
 * @param text the statement; of a longer one the first {@value #LENGTH_MAX} characters and a hash
 *     of all, so that statements that differ later stay apart
 * @param cut whether it is longer than that
 */
public record Fingerprint(String text, boolean cut) {
  static final int LENGTH_MAX = 8_192;

  /** Of a text; what is longer is no statement that a person wrote, and its rest is only hashed. */
  private static final int READ_MAX = 1_000_000;

  public Fingerprint {
    requireNonNull(text, "text");
  }

  /** The fingerprint of any text of any characters, SQL or not: it refuses nothing. One pass. */
  public static Fingerprint of(String sql) {
    Writer writer = new Writer(sql);
    String whole = writer.write();
    if (sql.length() <= READ_MAX && whole.length() <= LENGTH_MAX) {
      return new Fingerprint(whole, false);
    }
    int hash = sql.length() <= READ_MAX ? whole.hashCode() : sql.hashCode();
    String start = whole.substring(0, Math.min(whole.length(), LENGTH_MAX));
    return new Fingerprint(start + " #" + Integer.toHexString(hash), true);
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
    private static final int NULL = "null".hashCode();
    private static final int TRUE = "true".hashCode();
    private static final int FALSE = "false".hashCode();
    private static final int DEFAULT = "default".hashCode();
    private static final int IS = "is".hashCode();
    private static final int NOT = "not".hashCode();
    private static final int SET = "set".hashCode();

    /** Statements that name what was made for one use. */
    private static final Set<String> NAMING =
        Set.of(
            "savepoint",
            "release",
            "rollback",
            "prepare",
            "execute",
            "deallocate",
            "declare",
            "fetch",
            "move",
            "close");

    private static final Set<String> BEFORE_NAME =
        Set.of(
            "savepoint", "release", "to", "prepare", "execute", "deallocate", "declare", "close");

    private static final Set<String> NO_NAME =
        Set.of("savepoint", "prepare", "transaction", "all", "work", "to", "and");

    /** Of the statement, if it is one of {@link #NAMING}; else empty. */
    private String naming = "";

    private boolean first = true;

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

    /** The conditions between OR of the innermost clause or bracket. */
    private @Nullable Elements terms;

    /** The branches of the innermost CASE. */
    private @Nullable Elements branches;

    private int depth;

    /** In a list, behind VALUES, between OR or of a CASE: alike ones become one. */
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
      this.lexer = new SqlLexer(sql, READ_MAX);
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
      endTerms();
      return new String(out, 0, length);
    }

    private void endStatement() {
      endRows();
      endTerms();
      terms = null;
      branches = null;
      first = true;
      naming = "";
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
        case WORD -> {
          if (isConstant() || isForOneUse()) {
            value();
          } else {
            String keyword = keyword();
            beforeKeyword(keyword);
            word();
            afterKeyword(keyword);
          }
        }
        case QUOTED -> {
          if (isForOneUse()) {
            value();
          } else {
            copy(token);
          }
        }
        case VALUE -> value();
        case OPERATOR -> operator(first);
        case PUNCTUATION -> punctuation(first);
        default -> copy(token);
      }
      if (comma && open != null) {
        open.at = Elements.NONE;
      }
    }

    /** NULL, TRUE, FALSE or DEFAULT as a value: not in {@code IS NOT NULL}, nor in a definition. */
    private boolean isConstant() {
      int count = lexer.end() - lexer.start();
      if (count != 4 && count != 5 && count != 7) {
        return false;
      }
      int hash = 0;
      for (int i = lexer.start(); i < lexer.end(); i++) {
        hash = 31 * hash + lexer.text()[i];
      }
      if (hash == DEFAULT) {
        return isAfter('(') || isAfter(',') || before == Token.OPERATOR;
      }
      int word = wordBefore();
      return (hash == NULL || hash == TRUE || hash == FALSE)
          && before != Token.END
          && !isAfter('.')
          && before != Token.VALUE
          && word != IS
          && word != NOT
          && word != SET;
    }

    /** Whether the token is such a name: each use has another. */
    private boolean isForOneUse() {
      if (first) {
        first = false;
        String word = token();
        naming = NAMING.contains(word) ? word : "";
        return false;
      }
      if (naming.isEmpty() || before != Token.WORD || NO_NAME.contains(token())) {
        return false;
      }
      String previous = new String(out, beforeAt, length - beforeAt);
      boolean fetches = naming.equals("fetch") || naming.equals("move");
      return fetches
          ? previous.equals("from") || previous.equals("in")
          : BEFORE_NAME.contains(previous);
    }

    /** The word, if it begins or ends conditions or branches; else empty. */
    private String keyword() {
      char start = lexer.first();
      boolean may =
          switch (lexer.end() - lexer.start()) {
            case 2 -> start == 'o';
            case 3 -> start == 'e';
            case 4 -> start == 'c' || start == 'w' || start == 'e';
            case 5 -> start == 'w' || start == 'g' || start == 'o' || start == 'l' || start == 'u';
            case 6 -> start == 'h';
            default -> false;
          };
      return may && !isAfter('.') ? token() : "";
    }

    private void beforeKeyword(String keyword) {
      switch (keyword) {
        case "or" -> endTerm();
        case "where", "on", "having", "group", "order", "limit", "union" -> endTerms();
        case "when", "else", "end" -> {
          Elements open = branches();
          if (open != null) {
            endElement(open);
          }
        }
        default -> {}
      }
    }

    private void afterKeyword(String keyword) {
      switch (keyword) {
        case "or" -> {
          Elements open = terms();
          if (open != null) {
            open.at = Elements.NONE;
          }
        }
        case "where", "on", "having" -> terms = new Elements(false, depth, terms);
        case "case" -> branches = new Elements(false, depth, branches);
        case "when" -> {
          Elements open = branches();
          if (open != null) {
            open.at = beforeAt;
          }
        }
        case "end" -> {
          Elements open = branches();
          branches = open == null ? branches : open.outer;
        }
        default -> {}
      }
    }

    private @Nullable Elements terms() {
      Elements innermost = terms;
      return innermost != null && innermost.depth == depth ? innermost : null;
    }

    private @Nullable Elements branches() {
      Elements innermost = branches;
      return innermost != null && innermost.depth == depth ? innermost : null;
    }

    private void endTerm() {
      Elements open = terms();
      if (open != null) {
        endElement(open);
      }
    }

    private void endTerms() {
      Elements open = terms();
      if (open != null) {
        endElement(open);
        terms = open.outer;
      }
    }

    private String token() {
      return new String(lexer.text(), lexer.start(), lexer.end() - lexer.start());
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
          if (first == '(' && !call && !list && depth < DEPTH_MAX) {
            terms = new Elements(false, depth, terms);
          }
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
      Elements term = terms();
      if (term != null && term.at == Elements.NONE) {
        term.at = length;
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
      endTerms();
      for (Elements left = branches(); left != null; left = branches()) {
        branches = left.outer; // a CASE without an END
      }
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
      if (at > length || in.lastEnd > length) { // its text went with that of another
        in.lastAt = Elements.NONE;
      } else if (in.lastAt != Elements.NONE
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
