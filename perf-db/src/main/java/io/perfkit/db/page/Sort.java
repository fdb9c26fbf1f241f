package io.perfkit.db.page;

import static java.util.Objects.requireNonNull;

import java.util.Set;
import java.util.regex.Pattern;

/**
 * One column of an order. Immutable.
 *
 * @param column name of a column of the query's result, with any characters; case matters only if
 *     two columns differ in nothing else
 * @param direction which end comes first
 * @param nulls position of NULLs; by default the column must have none
 */
public record Sort(String column, Direction direction, Nulls nulls) {
  private static final int NAME_MAX = 63;

  /** Names that need no quotes, unless they are reserved words. */
  private static final Pattern PLAIN = Pattern.compile("[a-z_][a-z0-9_]*");

  /** Reserved words of PostgreSQL and H2; a column with such a name is quoted. */
  private static final Set<String> RESERVED =
      Set.of(
          ("all analyse analyze and any array as asc asymmetric authorization between binary both"
                  + " case cast check collate collation column concurrently constraint create cross"
                  + " current_catalog current_date current_role current_schema current_time"
                  + " current_timestamp current_user day default deferrable desc distinct do else"
                  + " end except exists false fetch for foreign freeze from full grant group groups"
                  + " having hour if ilike in initially inner intersect interval into is isnull join"
                  + " key lateral leading left like limit localtime localtimestamp minus minute"
                  + " month natural not notnull null offset on only or order outer over overlaps"
                  + " partition placing primary qualify range references regexp returning right row"
                  + " rownum rows second select session_user set similar some symmetric"
                  + " system_user table tablesample then to top trailing true uescape union unique"
                  + " unknown user using value values variadic verbose when where window with year")
              .split(" "));

  /** Which end comes first. */
  public enum Direction {
    /** Small values first. */
    ASCENDING,
    /** Great values first. */
    DESCENDING
  }

  /** Position of NULLs. */
  public enum Nulls {
    /** The column must have none; a page with one fails. */
    NONE,
    /** Before all values. */
    FIRST,
    /** After all values. */
    LAST
  }

  public Sort {
    if (requireNonNull(column, "column").isBlank()
        || column.length() > NAME_MAX
        || column.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(
          "column: '" + column + "' (expected: a name of 1 to " + NAME_MAX + " characters)");
    }
    requireNonNull(direction, "direction");
    requireNonNull(nulls, "nulls");
  }

  /** Small values first, no NULLs. */
  public static Sort ascending(String column) {
    return new Sort(column, Direction.ASCENDING, Nulls.NONE);
  }

  /** Great values first, no NULLs. */
  public static Sort descending(String column) {
    return new Sort(column, Direction.DESCENDING, Nulls.NONE);
  }

  /** The same with NULLs before all values. */
  public Sort nullsFirst() {
    return new Sort(column, direction, Nulls.FIRST);
  }

  /** The same with NULLs after all values. */
  public Sort nullsLast() {
    return new Sort(column, direction, Nulls.LAST);
  }

  boolean isAscending() {
    return direction == Direction.ASCENDING;
  }

  Sort reversed() {
    return new Sort(
        column,
        isAscending() ? Direction.DESCENDING : Direction.ASCENDING,
        switch (nulls) {
          case NONE -> Nulls.NONE;
          case FIRST -> Nulls.LAST;
          case LAST -> Nulls.FIRST;
        });
  }

  /** Whether the name means the same column with and without quotes. */
  boolean isPlain() {
    return PLAIN.matcher(column).matches() && !RESERVED.contains(column);
  }

  Sort named(String label) {
    return new Sort(label, direction, nulls);
  }

  /** The column as in SQL, with quotes where it needs them. */
  String identifier() {
    return isPlain() ? column : "\"" + column.replace("\"", "\"\"") + "\"";
  }

  /** As in ORDER BY. */
  String sql() {
    return identifier()
        + (isAscending() ? " ASC" : " DESC")
        + switch (nulls) {
          case NONE -> "";
          case FIRST -> " NULLS FIRST";
          case LAST -> " NULLS LAST";
        };
  }
}
