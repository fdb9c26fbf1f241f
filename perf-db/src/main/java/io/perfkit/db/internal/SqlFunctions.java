package io.perfkit.db.internal;

import java.util.HashSet;
import java.util.Set;

/**
 * Built-in functions of PostgreSQL by volatility and effect. A host may define another function
 * with the same name, so callers that decide by these names also check the catalog. Names are in
 * lower case.
 */
public final class SqlFunctions {
  /** Words before a parenthesis that are not functions: constructs and types with a length. */
  private static final Set<String> CONSTRUCTS =
      Set.of(
          "any",
          "some",
          "row",
          "array",
          "lateral",
          "group",
          "materialized",
          "cast",
          "interval",
          "numeric",
          "decimal",
          "varchar",
          "char",
          "bit",
          "time",
          "timestamp");

  /** Immutable functions that compute one value, or a set of values, from the arguments. */
  private static final Set<String> IMMUTABLE =
      Set.of(
          "coalesce",
          "nullif",
          "greatest",
          "least",
          "lower",
          "upper",
          "length",
          "abs",
          "round",
          "ceil",
          "floor",
          "trunc",
          "mod",
          "substring",
          "trim",
          "replace",
          "left",
          "right",
          "position",
          "unnest",
          "array_length",
          "cardinality",
          "ceiling",
          "sign",
          "sqrt",
          "power",
          "char_length",
          "octet_length",
          "substr",
          "ltrim",
          "rtrim",
          "btrim",
          "lpad",
          "rpad",
          "translate",
          "split_part",
          "strpos",
          "md5",
          "array_position",
          "make_date");

  /** Immutable aggregate and window functions. */
  private static final Set<String> OF_MANY_ROWS =
      Set.of(
          "count",
          "sum",
          "min",
          "max",
          "avg",
          "array_agg",
          "string_agg",
          "bool_and",
          "bool_or",
          "every",
          "row_number",
          "rank",
          "dense_rank",
          "percent_rank",
          "ntile",
          "lag",
          "lead",
          "first_value",
          "last_value",
          "nth_value");

  /** Stable functions, whose result depends on the clock, the time zone or other settings. */
  private static final Set<String> STABLE =
      Set.of(
          "initcap",
          "concat",
          "concat_ws",
          "format",
          "extract",
          "date_part",
          "date_trunc",
          "age",
          "now",
          "to_char",
          "to_date",
          "to_number",
          "to_timestamp",
          "generate_series",
          "jsonb_array_elements",
          "jsonb_each",
          "jsonb_build_object",
          "json_build_object",
          "to_json",
          "to_jsonb",
          "row_to_json");

  private static final Set<String> STABLE_OF_MANY_ROWS = Set.of("json_agg", "jsonb_agg");

  private SqlFunctions() {}

  static Set<String> steady() {
    return union(IMMUTABLE, OF_MANY_ROWS);
  }

  static Set<String> stable() {
    return union(STABLE, STABLE_OF_MANY_ROWS);
  }

  private static Set<String> union(Set<String> some, Set<String> more) {
    Set<String> all = new HashSet<>(some);
    all.addAll(more);
    return all;
  }

  /** Whether it returns the same for the same rows and arguments, at any time and for any user. */
  public static boolean isSteady(String name) {
    return IMMUTABLE.contains(name) || OF_MANY_ROWS.contains(name) || isConstruct(name);
  }

  /** Whether it certainly neither writes nor locks. */
  public static boolean onlyReads(String name) {
    return STABLE.contains(name) || STABLE_OF_MANY_ROWS.contains(name) || isSteady(name);
  }

  /** Whether it certainly depends on one row only: no aggregate, no window function. */
  public static boolean isScalar(String name) {
    return IMMUTABLE.contains(name) || STABLE.contains(name) || isConstruct(name);
  }

  private static boolean isConstruct(String name) {
    return CONSTRUCTS.contains(name) || Keywords.contains(name.hashCode());
  }
}
