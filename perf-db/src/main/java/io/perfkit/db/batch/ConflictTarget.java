package io.perfkit.db.batch;

/**
 * The unique index by which an upsert identifies a row. Immutable.
 *
 * @param sql between {@code ON CONFLICT} and {@code DO}
 * @param byExpression whether only the database can tell which keys are equal
 * @param partial whether it covers some rows only, so that others with one key may coexist
 * @param nullsEqual whether the index treats nulls as equal
 */
record ConflictTarget(String sql, boolean byExpression, boolean partial, boolean nullsEqual) {}
