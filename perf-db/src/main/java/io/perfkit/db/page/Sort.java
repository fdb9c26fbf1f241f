package io.perfkit.db.page;

import static java.util.Objects.requireNonNull;

import java.util.regex.Pattern;

/**
 * One column of an order. Immutable.
 *
 * @param column of the query's result, as in SQL and without quotes
 * @param direction which end comes first
 * @param nulls where NULLs stand; by default there are none
 */
public record Sort(String column, Direction direction, Nulls nulls) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,62}");

  /** Which end comes first. */
  public enum Direction {
    /** Small values first. */
    ASCENDING,
    /** Great values first. */
    DESCENDING
  }

  /** Where NULLs stand. */
  public enum Nulls {
    /** There are none; a page that meets one fails. */
    NONE,
    /** Before all values. */
    FIRST,
    /** After all values. */
    LAST
  }

  public Sort {
    if (!NAME.matcher(requireNonNull(column, "column")).matches()) {
      throw new IllegalArgumentException(
          "column: '" + column + "' (expected: a name of letters, digits and _)");
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

  /** As in ORDER BY. */
  String sql() {
    return column
        + (isAscending() ? " ASC" : " DESC")
        + switch (nulls) {
          case NONE -> "";
          case FIRST -> " NULLS FIRST";
          case LAST -> " NULLS LAST";
        };
  }
}
