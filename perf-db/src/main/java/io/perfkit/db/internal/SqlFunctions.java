package io.perfkit.db.internal;

import java.util.Set;

/**
 * Functions of PostgreSQL whose effects are known. A host may define another function of the same
 * name: whoever decides by these names also looks into the catalog. Names are in lower case.
 */
public final class SqlFunctions {
  /** What stands before a parenthesis and is no function: constructs and types with a length. */
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

  /** Immutable ones, aggregates of immutable ones, and window functions. */
  private static final Set<String> STEADY =
      Set.of(
          "count",
          "sum",
          "min",
          "max",
          "avg",
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
          "array_agg",
          "string_agg",
          "bool_and",
          "bool_or",
          "row_number",
          "rank",
          "dense_rank",
          "lag",
          "lead",
          "first_value",
          "last_value",
          "unnest",
          "array_length",
          "cardinality",
          "every",
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
          "percent_rank",
          "ntile",
          "nth_value",
          "array_position",
          "make_date");

  /** Stable ones, whose result depends on the clock, the time zone or other settings. */
  private static final Set<String> STABLE =
      Set.of(
          "json_agg",
          "jsonb_agg",
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

  private SqlFunctions() {}

  static Set<String> steady() {
    return STEADY;
  }

  static Set<String> stable() {
    return STABLE;
  }

  /** Whether it gives the same for the same rows and arguments, whenever and for whom it runs. */
  public static boolean isSteady(String name) {
    return STEADY.contains(name) || isConstruct(name);
  }

  /** Whether it certainly neither writes nor locks. */
  public static boolean onlyReads(String name) {
    return STABLE.contains(name) || isSteady(name);
  }

  private static boolean isConstruct(String name) {
    return CONSTRUCTS.contains(name) || Keywords.contains(name.hashCode());
  }
}
