package io.perfkit.db.query;

import io.perfkit.db.internal.SqlFunctions;
import io.perfkit.db.internal.SqlLexer;
import io.perfkit.db.internal.SqlLexer.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Rewrites a query that looks up one key into one for many keys. Proposes nothing unless the result
 * has, for each key, exactly the rows of the single query.
 */
final class BatchRewrite {
  /** Keywords that, at the outermost level, make rows of several keys depend on each other. */
  private static final Set<String> OF_ALL_ROWS =
      Set.of(
          "group",
          "order",
          "limit",
          "offset",
          "fetch",
          "distinct",
          "union",
          "except",
          "intersect",
          "for",
          "having",
          "window",
          "over",
          "filter",
          "within",
          "into",
          "tablesample");

  /** A token; {@code nested} if it stands in a subquery. */
  private record Part(String text, Token token, int start, int end, int depth, boolean nested) {
    boolean is(String wanted) {
      return token == Token.WORD && text.equals(wanted);
    }
  }

  private final String sql;
  private final List<Part> parts = new ArrayList<>();

  private BatchRewrite(String sql) {
    this.sql = sql;
    SqlLexer lexer = new SqlLexer(sql, sql.length());
    int depth = 0;
    int subquery = Integer.MAX_VALUE; // the depth of the outermost one that is open
    for (Token token = lexer.next(); token != Token.END; token = lexer.next()) {
      depth -= lexer.is(')') ? 1 : 0;
      subquery = depth < subquery ? Integer.MAX_VALUE : subquery;
      String text = new String(lexer.text(), lexer.start(), lexer.end() - lexer.start());
      if (depth > 0 && text.equals("select")) {
        subquery = Math.min(subquery, depth);
      }
      parts.add(new Part(text, token, lexer.start(), lexer.end(), depth, depth >= subquery));
      depth += lexer.is('(') ? 1 : 0;
    }
  }

  /** The statement for many keys, if the query looks up by one plain column. */
  static Optional<String> of(String fingerprint) {
    return new BatchRewrite(fingerprint).rewritten();
  }

  private Optional<String> rewritten() {
    int from = outer("from", 0);
    int where = outer("where", Math.max(from, 0));
    long values = parts.stream().filter(part -> part.token() == Token.VALUE).count();
    if (parts.isEmpty() || !parts.get(0).is("select") || from < 2 || where < 0 || values != 1) {
      return Optional.empty();
    }
    Optional<String> key = key(where + 1);
    if (key.isEmpty() || dependsOnAllRows(from)) {
      return Optional.empty();
    }
    String columns = text(1, from);
    String keyed = hasColumn(from, key.get()) ? columns : key.get() + ", " + columns;
    return Optional.of(
        "select " + keyed + " from " + text(from + 1, where) + " where " + key.get() + " = any(?)");
  }

  private int outer(String word, int after) {
    for (int i = after; i < parts.size(); i++) {
      if (parts.get(i).depth() == 0 && parts.get(i).is(word)) {
        return i;
      }
    }
    return -1;
  }

  private String text(int first, int end) {
    return sql.substring(parts.get(first).start(), parts.get(end - 1).end());
  }

  /** The column of {@code column = ?} or {@code ? = column}, if that is all from there on. */
  private Optional<String> key(int at) {
    int sign = -1;
    for (int i = at; i < parts.size(); i++) {
      Part part = parts.get(i);
      boolean name = part.token() == Token.WORD || part.token() == Token.QUOTED;
      boolean dot = part.text().equals(".");
      if (part.text().equals("=") && sign < 0) {
        sign = i;
      } else if (part.depth() != 0 || (!name && !dot && part.token() != Token.VALUE)) {
        return Optional.empty();
      }
    }
    if (sign <= at || sign == parts.size() - 1) {
      return Optional.empty();
    }
    boolean valueFirst = sign == at + 1 && parts.get(at).token() == Token.VALUE;
    boolean valueLast = sign == parts.size() - 2 && parts.get(sign + 1).token() == Token.VALUE;
    int first = valueFirst ? sign + 1 : at;
    int end = valueFirst ? parts.size() : sign;
    boolean names =
        parts.subList(first, end).stream().noneMatch(part -> part.token() == Token.VALUE)
            && (end - first) % 2 == 1;
    return (valueFirst || valueLast) && names ? Optional.of(text(first, end)) : Optional.empty();
  }

  private boolean dependsOnAllRows(int from) {
    for (int i = 1; i < parts.size(); i++) {
      Part part = parts.get(i);
      boolean call = i < from && !part.nested() && parts.get(i + 1).text().equals("(");
      if ((part.depth() == 0 && OF_ALL_ROWS.contains(part.text())) || (call && !isScalar(i))) {
        return true;
      }
    }
    return false;
  }

  /** Whether the word before a bracket is certainly not an aggregate. */
  private boolean isScalar(int i) {
    Part part = parts.get(i);
    return switch (part.token()) {
      case WORD -> SqlFunctions.isScalar(part.text()) && !parts.get(i - 1).text().equals(".");
      case QUOTED -> false;
      default -> true;
    };
  }

  /** Whether the columns have the key, or all that there are. */
  private boolean hasColumn(int from, String key) {
    int start = 1;
    for (int i = 1; i <= from; i++) {
      boolean comma = i < from && parts.get(i).depth() == 0 && parts.get(i).text().equals(",");
      if (comma || i == from) {
        String column = text(start, i);
        if (column.equals("*") || column.equals(key) || column.startsWith(key + " as ")) {
          return true;
        }
        start = i + 1;
      }
    }
    return false;
  }
}
