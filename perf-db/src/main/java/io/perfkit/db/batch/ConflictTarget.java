package io.perfkit.db.batch;

import org.jspecify.annotations.Nullable;

/**
 * The unique index by which an upsert identifies a row. Immutable.
 *
 * @param expressions the indexed columns and expressions, separated by commas
 * @param predicate of the rows that it covers, so that others with one key may coexist; null if it
 *     covers all
 * @param byExpression whether only the database can tell which keys are equal
 * @param nullsEqual whether the index treats nulls as equal
 * @param updateWhere the condition under which an upsert updates a row; null if it always does
 */
record ConflictTarget(
    String expressions,
    @Nullable String predicate,
    boolean byExpression,
    boolean nullsEqual,
    @Nullable String updateWhere) {

  /** What stands between {@code ON CONFLICT} and {@code DO}. */
  String sql() {
    return "(" + expressions + ")" + (predicate == null ? "" : " WHERE " + predicate);
  }

  boolean partial() {
    return predicate != null;
  }
}
