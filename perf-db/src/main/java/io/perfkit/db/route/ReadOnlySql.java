package io.perfkit.db.route;

import io.perfkit.db.internal.SqlFunctions;
import io.perfkit.db.internal.SqlLexer;
import io.perfkit.db.internal.SqlLexer.Token;
import java.util.Locale;
import java.util.Set;

/**
 * Recognises statements that certainly only read and leave the server's session unchanged.
 * Everything else is in doubt: a first word other than those of a query, a word that locks or
 * writes anywhere in it, a function that is not known to be harmless, a second statement. One
 * thread at a time.
 */
final class ReadOnlySql {
  private static final Set<String> QUERIES = Set.of("select", "values", "table", "with");

  /** Words that make a statement doubtful anywhere but in quotes and comments. */
  private static final Set<String> NOT_READING =
      Set.of(
          "insert",
          "update",
          "delete",
          "merge",
          "into",
          "lock",
          "call",
          "do",
          "set",
          "copy",
          "create",
          "alter",
          "drop",
          "truncate",
          "execute",
          "prepare",
          "explain",
          "nextval");

  /** After {@code FOR}, which elsewhere is a word of {@code substring} and the like. */
  private static final Set<String> LOCKING = Set.of("update", "no", "share", "key");

  /** What the database's catalog says about names. */
  interface Names {
    /** Whether a function of this name certainly neither writes nor sets anything. */
    boolean isHarmless(String function);

    /** Whether only the primary can answer for the relation. */
    boolean needsPrimary(String relation);

    /** Whether the operator may do more than compute. */
    boolean isDoubtful(String operator);
  }

  /** What is known without a catalog. */
  static final Names WELL_KNOWN =
      new Names() {
        @Override
        public boolean isHarmless(String function) {
          return SqlFunctions.onlyReads(function);
        }

        @Override
        public boolean needsPrimary(String relation) {
          return false;
        }

        @Override
        public boolean isDoubtful(String operator) {
          return false;
        }
      };

  private final SqlLexer lexer;
  private final Names names;
  private final boolean lenient;
  private final boolean inTransaction;
  private String word = "";
  private String before = ""; // the word that stands before, or a dot
  private String beforeThat = "";
  private boolean qualified;
  private int depth;
  private int settingDepth; // of the parentheses of set_config

  private ReadOnlySql(String sql, Names names, boolean lenient, boolean inTransaction) {
    this.lexer = new SqlLexer(sql, sql.length());
    this.names = names;
    this.lenient = lenient;
    this.inTransaction = inTransaction;
  }

  /** Whether {@code sql} is one query of well-known parts. */
  static boolean test(String sql) {
    return test(sql, WELL_KNOWN);
  }

  /** The same, with the names checked against the database's catalog. */
  static boolean test(String sql, Names names) {
    return new ReadOnlySql(sql, names, false, false).onlyReads();
  }

  /**
   * The same for a statement that the application declared to be a read: functions that the
   * database knows to be harmless will do, {@code SHOW}, {@code EXPLAIN} of a query, and a setting
   * for this transaction alone.
   */
  static boolean testWhereReadingIsMeant(String sql, Names names, boolean inTransaction) {
    return new ReadOnlySql(sql, names, true, inTransaction).onlyReads();
  }

  private boolean onlyReads() {
    boolean started = false;
    for (Token token = lexer.next(); token != Token.END; token = lexer.next()) {
      if (lexer.is(';')) {
        return started && lexer.next() == Token.END;
      }
      if (!started && token == Token.WORD) {
        word = text();
        if (lenient && word.equals("show")) {
          return endsWithoutAnother();
        }
        if (lenient && word.equals("set")) {
          return inTransaction && isLocal() && endsWithoutAnother();
        }
        if (!QUERIES.contains(word) && !(lenient && isOfExplain())) {
          return false;
        }
        started = QUERIES.contains(word);
        before = word;
      } else if (!goesOn(token, started)) {
        return false;
      }
    }
    return started && depth == 0;
  }

  private boolean isOfExplain() {
    return Set.of("explain", "analyze", "verbose", "buffers").contains(word);
  }

  private boolean isLocal() {
    return lexer.next() == Token.WORD && Set.of("local", "transaction").contains(text());
  }

  private boolean endsWithoutAnother() {
    for (Token token = lexer.next(); token != Token.END; token = lexer.next()) {
      if (lexer.is(';')) {
        return lexer.next() == Token.END;
      }
    }
    return true;
  }

  private boolean goesOn(Token token, boolean started) {
    String text = text();
    boolean fine =
        switch (token) {
          case WORD -> word(text);
          case QUOTED -> started && quoted(text);
          case VALUE -> started && isClosed(text);
          case OPERATOR -> !names.isDoubtful(text);
          default -> punctuation(started);
        };
    beforeThat = before;
    before = token == Token.WORD || lexer.is('.') || lexer.is(',') ? text : kind(token);
    return fine;
  }

  private static String kind(Token token) {
    return token == Token.QUOTED ? "\"" : "";
  }

  private boolean word(String text) {
    qualified = before.equals(".");
    if (before.equals("for")) {
      return !LOCKING.contains(text);
    }
    return !NOT_READING.contains(text) && !names.needsPrimary(text);
  }

  private boolean quoted(String text) {
    qualified = before.equals(".");
    return text.length() > 1
        && text.charAt(0) == '"'
        && text.endsWith("\"")
        && !names.needsPrimary(text.substring(1, text.length() - 1).replace("\"\"", "\""));
  }

  /** In a text a backslash may or may not escape a quote; dollar quotes are not looked into. */
  private static boolean isClosed(String text) {
    char first = text.charAt(0);
    if (first == '$') {
      return text.length() > 1 && Character.isDigit(text.charAt(1));
    }
    int quote = text.indexOf('\'');
    return quote < 0 || (text.length() > quote + 1 && text.endsWith("'") && text.indexOf('\\') < 0);
  }

  private boolean punctuation(boolean started) {
    if (lexer.is('(')) {
      depth++;
      return opens();
    }
    if (lexer.is(')')) {
      boolean setsForGood =
          settingDepth == depth
              && settingDepth > 0
              && !(before.equals("true") && beforeThat.equals(","));
      settingDepth = settingDepth == depth ? 0 : settingDepth;
      depth--;
      return depth >= 0 && !setsForGood;
    }
    return started && !lexer.is('$') && !lexer.is('\\');
  }

  private boolean opens() {
    if (before.isEmpty() || before.equals(",") || before.equals(".")) {
      return !before.equals(".");
    }
    if (lenient && before.equals("explain")) {
      return true;
    }
    if (lenient && inTransaction && before.equals("set_config") && settingDepth == 0) {
      settingDepth = depth;
      return true;
    }
    return !before.equals("\"") && (lenient || !qualified) && names.isHarmless(before);
  }

  private String text() {
    return new String(lexer.text(), lexer.start(), lexer.end() - lexer.start())
        .toLowerCase(Locale.ROOT);
  }
}
