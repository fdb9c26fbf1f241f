package io.perfkit.db.batch;

/**
 * The unique index by which an upsert knows a row. Immutable.
 *
 * @param sql between {@code ON CONFLICT} and {@code DO}
 * @param byExpression whether only the database knows which keys it calls equal
 * @param partial whether it holds some rows only, so that others of one key stand beside each other
 * @param nullsEqual whether a null is a value of a key like any other
 */
record ConflictTarget(String sql, boolean byExpression, boolean partial, boolean nullsEqual) {}
