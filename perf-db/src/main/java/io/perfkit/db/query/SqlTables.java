package io.perfkit.db.query;

import static java.util.Objects.requireNonNull;

import io.perfkit.db.internal.SqlFunctions;
import io.perfkit.db.internal.SqlLexer;
import io.perfkit.db.internal.SqlLexer.Token;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The tables that a statement reads or may write, as far as its text and the catalog show.
 * Immutable.
 *
 * <p>A table can't be used without its name in the text, so each word that is the name of a table
 * counts as one, wherever it stands; it does not look into views and functions. A statement that it
 * does not understand may write anything and is not cacheable.
 *
 * @param read the tables of a query
 * @param uncacheable why the result of the query may not be kept; empty if it may
 * @param written the tables that may change, including those that change along with them
 * @param writesAny whether anything may change
 * @param structure whether tables may be created, dropped or redefined
 * @param session whether the connection may see other tables or rows afterwards, by a session
 *     setting
 * @param transaction whether a transaction begins or ends by it
 */
record SqlTables(
    Set<String> read,
    Optional<String> uncacheable,
    Set<String> written,
    boolean writesAny,
    boolean structure,
    boolean session,
    boolean transaction) {

  private static final Set<String> WRITING = Set.of("insert", "update", "delete", "merge");
  private static final Set<String> TRANSACTION =
      Set.of("begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release");

  /** Settings that change what a name means, or what a row looks like. */
  private static final Set<String> SESSION =
      Set.of(
          "search_path",
          "role",
          "authorization",
          "schema",
          "time",
          "timezone",
          "row_security",
          "set_config",
          "all",
          "characteristics",
          "datestyle",
          "intervalstyle");

  private static final Set<String> HARMLESS_SETTINGS = Set.of("set", "reset", "show");

  /** Words by which the result of a query may differ though no table changed, or which lock. */
  private static final Set<String> UNSTEADY =
      Set.of(
          "current_date",
          "current_time",
          "current_timestamp",
          "localtime",
          "localtimestamp",
          "current_user",
          "session_user",
          "user",
          "current_role",
          "current_schema",
          "current_catalog",
          "tablesample");

  /** Other statements that are not analysed, and why. */
  private static final Map<String, String> REFUSED =
      Map.of(
          "for", "for: it may lock rows",
          "into", "into: it makes a table",
          "with", "with: a common table expression is not looked into",
          "information_schema", "information_schema: no table of the application",
          "uescape", "uescape: a name in escapes");

  private static final String NO_TABLE = "no table that is known";

  /** A statement that touches no table. */
  static final SqlTables NOTHING =
      new SqlTables(Set.of(), Optional.of("no query"), Set.of(), false, false, false, false);

  SqlTables {
    read = Set.copyOf(read);
    written = Set.copyOf(written);
  }

  /** The same, of a statement that may write more than was known of the catalog. */
  SqlTables writingAny() {
    return new SqlTables(read, uncacheable, written, true, structure, session, transaction);
  }

  /** Whether a query gives the same for the same rows, as far as its text alone tells. */
  static boolean isSteady(Fingerprint query) {
    return of(query, Catalog.EMPTY).uncacheable().equals(Optional.of(NO_TABLE));
  }

  static SqlTables of(Fingerprint fingerprint, Catalog catalog) {
    return new Reader(fingerprint, catalog).read();
  }

  /** One pass over the words. */
  private static final class Reader {
    private final Catalog catalog;
    private final boolean cut;
    private final SqlLexer lexer;
    private final Set<String> words = new LinkedHashSet<>();
    private final Set<String> names = new HashSet<>();
    private String first = "";
    private String problem = "";
    private boolean several;
    private boolean escapes;
    private boolean volatileOperator;

    Reader(Fingerprint fingerprint, Catalog catalog) {
      this.catalog = catalog;
      this.cut = fingerprint.cut();
      this.lexer = new SqlLexer(fingerprint.text(), Integer.MAX_VALUE);
      seeOperator("::"); // a cast may be anywhere
    }

    SqlTables read() {
      String before = "";
      for (Token token = lexer.next(); token != Token.END; token = lexer.next()) {
        String name = "";
        if (token == Token.WORD || token == Token.QUOTED) {
          name = name(token);
          see(token, name);
        } else if (token == Token.PUNCTUATION && lexer.is('(') && !before.isEmpty()) {
          seeCall(before);
        } else if (token == Token.OPERATOR) {
          seeOperator(new String(lexer.text(), lexer.start(), lexer.end() - lexer.start()));
        } else if (token == Token.PUNCTUATION && lexer.is(';')) {
          several = true;
        }
        before = name;
      }
      return result();
    }

    private String name(Token token) {
      String text = new String(lexer.text(), lexer.start(), lexer.end() - lexer.start());
      return token == Token.WORD || text.length() < 2
          ? text
          : text.substring(1, text.length() - 1).replace("\"\"", "\"");
    }

    private void see(Token token, String name) {
      names.add(name);
      if (token == Token.WORD) {
        first = first.isEmpty() ? name : first;
        words.add(name);
        if (UNSTEADY.contains(name)) {
          problem(name + ": differs from call to call");
        } else if (name.startsWith("pg_")) {
          problem(name + ": PostgreSQL's own");
        } else if (REFUSED.containsKey(name)) {
          problem(requireNonNull(REFUSED.get(name)));
        }
        escapes |= name.equals("uescape");
      } else if (name.indexOf('\\') >= 0) {
        escapes = true;
        problem(name + ": a name in escapes");
      }
      if (catalog.isOpaque(name)) {
        problem(name + ": no plain table");
      }
      if (catalog.isFunction(name)) {
        problem(name + ": a function that may give another result");
      }
    }

    private void seeCall(String name) {
      if (!SqlFunctions.isSteady(name)) {
        problem(name + ": a function that may give another result");
      }
    }

    private void seeOperator(String name) {
      if (catalog.isOperator(name)) {
        problem(name + ": an operator that may give another result");
      }
      volatileOperator |= catalog.isVolatileOperator(name);
    }

    private void problem(String what) {
      problem = problem.isEmpty() ? what : problem;
    }

    private SqlTables result() {
      Set<String> tables = new HashSet<>(names);
      tables.retainAll(catalog.tables());
      if (cut || several) {
        return writing(Set.of(), true, true, names.stream().anyMatch(SESSION::contains), true);
      }
      if (TRANSACTION.contains(first)) {
        return writing(Set.of(), words.contains("prepared"), false, false, true);
      }
      boolean session = names.stream().anyMatch(SESSION::contains);
      if (HARMLESS_SETTINGS.contains(first)) {
        return writing(Set.of(), false, false, session, false);
      }
      boolean volatileCall =
          escapes || volatileOperator || names.stream().anyMatch(catalog::isVolatile);
      boolean writes = words.stream().anyMatch(WRITING::contains);
      boolean query = Set.of("select", "with", "values", "table").contains(first);
      boolean setting = words.contains("set_config");
      if (query && !writes && !words.contains("into")) {
        return new SqlTables(
            tables,
            cacheable(tables),
            Set.of(),
            volatileCall,
            false,
            setting || volatileCall,
            false);
      }
      if (query || WRITING.contains(first) || first.equals("truncate") || first.equals("copy")) {
        boolean any = volatileCall || (words.contains("into") && query) || tables.isEmpty();
        Set<String> changed = new HashSet<>();
        boolean cascades = first.equals("truncate") && words.contains("cascade");
        for (String table : tables) {
          changed.addAll(cascades ? catalog.truncatedWith(table) : catalog.changedWith(table));
        }
        any |= catalog.runsCode(changed);
        any |= names.stream().anyMatch(catalog::isOpaque);
        return writing(changed, any, query && words.contains("into"), setting, false);
      }
      return writing(Set.of(), true, true, session, first.equals("prepare"));
    }

    private SqlTables writing(
        Set<String> written, boolean any, boolean structure, boolean session, boolean transaction) {
      return new SqlTables(
          Set.of(),
          Optional.of(problem.isEmpty() ? "no query" : problem),
          written,
          any,
          structure,
          session,
          transaction);
    }

    private Optional<String> cacheable(Set<String> tables) {
      if (!problem.isEmpty()) {
        return Optional.of(problem.toLowerCase(Locale.ROOT));
      }
      return tables.isEmpty() ? Optional.of(NO_TABLE) : Optional.empty();
    }
  }
}
