package io.perfkit.db.query;

import static java.util.Objects.requireNonNull;

import io.perfkit.db.internal.Keywords;
import io.perfkit.db.internal.SqlLexer;
import io.perfkit.db.internal.SqlLexer.Token;
import java.util.Arrays;
import java.util.Locale;
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
    private static final int IS = "is".hashCode();
    private static final int NOT = "not".hashCode();
    private static final int SET = "set".hashCode();

    /** Of the words that begin most statements; none of {@link #NAMING} is as long. */
    private static final int SELECT_LENGTH = "select".length();

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

    /** Whether an element begins with the next token. */
    private boolean begins;

    /** Of the innermost bracket of which alike ones become one, and how deep that is. */
    private @Nullable Elements elements;

    /** The conditions between OR of the innermost clause or bracket. */
    private @Nullable Elements terms;

    /** The branches of the innermost CASE. */
    private @Nullable Elements branches;

    private int depth;

    /** A constant, or what begins or ends conditions or branches. */
    private enum Keyword {
      NULL,
      TRUE,
      FALSE,
      DEFAULT,
      OR,
      ON,
      END,
      CASE,
      ELSE,
      WHEN,
      GROUP,
      LIMIT,
      ORDER,
      UNION,
      WHERE,
      HAVING;

      private final String text = name().toLowerCase(Locale.ROOT);
    }

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
      Elements open = comma || isAfter(')') ? elements() : null;
      if (open != null) {
        if (comma) {
          endElement(open);
        } else if (open.rows && isAfter(')')) {
          endRows();
        }
      }
      switch (token) {
        case WORD -> {
          Keyword keyword = keyword();
          if ((keyword != null && isConstant(keyword)) || isForOneUse()) {
            value();
          } else {
            if (keyword != null) {
              beforeKeyword(keyword);
            }
            word();
            if (keyword != null) {
              afterKeyword(keyword);
            }
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
        begin(open);
      }
    }

    /** NULL, TRUE, FALSE or DEFAULT as a value: not in {@code IS NOT NULL}, nor in a definition. */
    private boolean isConstant(Keyword keyword) {
      return switch (keyword) {
        case NULL, TRUE, FALSE -> isAtValue();
        case DEFAULT -> isAfter('(') || isAfter(',') || before == Token.OPERATOR;
        default -> false;
      };
    }

    private boolean isAtValue() {
      int word = wordBefore();
      return before != Token.END
          && before != Token.VALUE
          && word != IS
          && word != NOT
          && word != SET;
    }

    /** Whether the token is such a name: each use has another. */
    private boolean isForOneUse() {
      return (first || !naming.isEmpty()) && isNamedForOneUse();
    }

    private boolean isNamedForOneUse() {
      if (first) {
        first = false;
        if (lexer.end() - lexer.start() != SELECT_LENGTH) {
          String word = token();
          naming = NAMING.contains(word) ? word : "";
        }
        return false;
      }
      if (before != Token.WORD || NO_NAME.contains(token())) {
        return false;
      }
      String previous = new String(out, beforeAt, length - beforeAt);
      boolean fetches = naming.equals("fetch") || naming.equals("move");
      return fetches
          ? previous.equals("from") || previous.equals("in")
          : BEFORE_NAME.contains(previous);
    }

    /** The word, if it is one that matters here; else null, which most are. */
    private @Nullable Keyword keyword() {
      char start = lexer.first();
      Keyword candidate =
          switch (lexer.end() - lexer.start()) {
            case 2 -> start != 'o' ? null : lexer.is("or") ? Keyword.OR : Keyword.ON;
            case 3 -> start == 'e' ? Keyword.END : null;
            case 4 ->
                switch (start) {
                  case 'c' -> Keyword.CASE;
                  case 'e' -> Keyword.ELSE;
                  case 'n' -> Keyword.NULL;
                  case 't' -> Keyword.TRUE;
                  case 'w' -> Keyword.WHEN;
                  default -> null;
                };
            case 5 ->
                switch (start) {
                  case 'f' -> Keyword.FALSE;
                  case 'g' -> Keyword.GROUP;
                  case 'l' -> Keyword.LIMIT;
                  case 'o' -> Keyword.ORDER;
                  case 'u' -> Keyword.UNION;
                  case 'w' -> Keyword.WHERE;
                  default -> null;
                };
            case 6 -> start == 'h' ? Keyword.HAVING : null;
            case 7 -> start == 'd' ? Keyword.DEFAULT : null;
            default -> null;
          };
      return candidate != null && !isAfter('.') && lexer.is(candidate.text) ? candidate : null;
    }

    private void beforeKeyword(Keyword keyword) {
      switch (keyword) {
        case OR -> endTerm();
        case WHERE, ON, HAVING, GROUP, ORDER, LIMIT, UNION -> endTerms();
        case WHEN, ELSE, END -> {
          Elements open = branches();
          if (open != null) {
            endElement(open);
          }
        }
        default -> {}
      }
    }

    private void afterKeyword(Keyword keyword) {
      switch (keyword) {
        case OR -> {
          Elements open = terms();
          if (open != null) {
            begin(open);
          }
        }
        case WHERE, ON, HAVING -> terms = begin(new Elements(false, depth, terms));
        case CASE -> branches = new Elements(false, depth, branches);
        case WHEN -> {
          Elements open = branches();
          if (open != null) {
            open.at = beforeAt;
          }
        }
        case END -> {
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
        elements = begin(new Elements(true, depth, same == null ? elements : same.outer));
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
            terms = begin(new Elements(false, depth, terms));
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
      if (begins) {
        begins = false;
        beginsAt(elements());
        beginsAt(terms());
      }
    }

    private void beginsAt(@Nullable Elements open) {
      if (open != null && open.at == Elements.NONE) {
        open.at = length;
      }
    }

    /** The next token is the first of an element. */
    private Elements begin(Elements open) {
      open.at = Elements.NONE;
      begins = true;
      return open;
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
        elements = begin(new Elements(false, depth, elements));
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
