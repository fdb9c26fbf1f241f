package io.perfkit.db.route;

import java.util.Locale;
import java.util.Set;

/**
 * Tells statements that certainly only read. Whatever it does not know is not one: another first
 * word than those of a query, a word that locks or writes anywhere in it, a function beyond a list
 * of well-known ones, a second statement. Stateless.
 */
final class ReadOnlySql {
  private static final Set<String> QUERIES = Set.of("select", "values", "table", "with");

  /** Anywhere but in quotes and comments. */
  private static final Set<String> NOT_READING =
      Set.of(
          "insert",
          "update",
          "delete",
          "merge",
          "into",
          "for",
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

  /** What may stand before a parenthesis: words of the language, and functions without effects. */
  private static final Set<String> BEFORE_PARENTHESIS =
      Set.of(
          "select",
          "values",
          "with",
          "as",
          "materialized",
          "from",
          "join",
          "on",
          "using",
          "where",
          "and",
          "or",
          "not",
          "in",
          "any",
          "all",
          "some",
          "exists",
          "between",
          "like",
          "ilike",
          "case",
          "when",
          "then",
          "else",
          "by",
          "having",
          "limit",
          "offset",
          "union",
          "except",
          "intersect",
          "over",
          "filter",
          "within",
          "group",
          "distinct",
          "lateral",
          "array",
          "row",
          "interval",
          "cast",
          "varchar",
          "char",
          "numeric",
          "decimal",
          "timestamp",
          "time",
          "bit",
          "count",
          "sum",
          "avg",
          "min",
          "max",
          "bool_and",
          "bool_or",
          "every",
          "string_agg",
          "array_agg",
          "json_agg",
          "jsonb_agg",
          "coalesce",
          "nullif",
          "greatest",
          "least",
          "abs",
          "ceil",
          "ceiling",
          "floor",
          "round",
          "trunc",
          "mod",
          "power",
          "sqrt",
          "sign",
          "lower",
          "upper",
          "initcap",
          "length",
          "char_length",
          "octet_length",
          "substring",
          "substr",
          "trim",
          "ltrim",
          "rtrim",
          "btrim",
          "left",
          "right",
          "lpad",
          "rpad",
          "replace",
          "translate",
          "split_part",
          "position",
          "strpos",
          "concat",
          "concat_ws",
          "format",
          "md5",
          "extract",
          "date_part",
          "date_trunc",
          "age",
          "now",
          "to_char",
          "to_date",
          "to_number",
          "to_timestamp",
          "make_date",
          "row_number",
          "rank",
          "dense_rank",
          "percent_rank",
          "ntile",
          "lag",
          "lead",
          "first_value",
          "last_value",
          "nth_value",
          "unnest",
          "generate_series",
          "array_length",
          "cardinality",
          "array_position",
          "jsonb_array_elements",
          "jsonb_each",
          "jsonb_build_object",
          "json_build_object",
          "to_json",
          "to_jsonb",
          "row_to_json");

  private final String sql;
  private int at;

  private ReadOnlySql(String sql) {
    this.sql = sql;
  }

  /** Whether {@code sql} is one query that changes and locks nothing, for certain. */
  static boolean test(String sql) {
    return new ReadOnlySql(sql).onlyReads();
  }

  private boolean onlyReads() {
    String before = ""; // what stands before, if it is a word or a dot
    boolean started = false;
    while (skipBlanks()) {
      char c = sql.charAt(at);
      if (isWordStart(c)) {
        String word = word();
        if (started ? NOT_READING.contains(word) : !QUERIES.contains(word)) {
          return false;
        }
        started = true;
        before = before.equals(".") ? "a qualified name" : word;
      } else if (c == '\'' || c == '"') {
        if (!started || !skipQuoted(c)) {
          return false;
        }
        before = c == '"' ? "a quoted name" : "";
      } else if (c == '(') {
        if (!before.isEmpty() && !BEFORE_PARENTHESIS.contains(before)) {
          return false;
        }
        before = "";
        at++;
      } else if (c == ';') {
        at++;
        return started && !skipBlanks();
      } else if (!started || c == '$' || c == '\\') {
        return false; // dollar quotes are not looked into
      } else {
        before = c == '.' ? "." : "";
        at++;
      }
    }
    return started;
  }

  /** Past white space and comments; false at the end. */
  private boolean skipBlanks() {
    while (at < sql.length()) {
      if (Character.isWhitespace(sql.charAt(at))) {
        at++;
      } else if (sql.startsWith("--", at)) {
        int end = sql.indexOf('\n', at);
        at = end < 0 ? sql.length() : end + 1;
      } else if (sql.startsWith("/*", at)) {
        skipComment();
      } else {
        return true;
      }
    }
    return false;
  }

  /** PostgreSQL's comments nest. */
  private void skipComment() {
    int depth = 0;
    do {
      if (sql.startsWith("/*", at)) {
        depth++;
        at += 2;
      } else if (sql.startsWith("*/", at)) {
        depth--;
        at += 2;
      } else {
        at++;
      }
    } while (depth > 0 && at < sql.length());
  }

  /** False if the end is not certain: in a text a backslash may or may not escape a quote. */
  private boolean skipQuoted(char quote) {
    for (at++; at < sql.length(); at++) {
      char c = sql.charAt(at);
      if (c == '\\' && quote == '\'') {
        return false;
      }
      if (c == quote) {
        at++;
        if (at == sql.length() || sql.charAt(at) != quote) {
          return true;
        }
      }
    }
    return false;
  }

  private String word() {
    int from = at;
    while (at < sql.length() && isWordPart(sql.charAt(at))) {
      at++;
    }
    return sql.substring(from, at).toLowerCase(Locale.ROOT);
  }

  private static boolean isWordStart(char c) {
    return Character.isLetter(c) || c == '_';
  }

  private static boolean isWordPart(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '$';
  }
}
