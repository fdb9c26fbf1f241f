package io.perfkit.db.batch;

import org.jspecify.annotations.Nullable;

/**
 * The unique index by which an upsert identifies a row. Immutable.
 *
 * @param sql between {@code ON CONFLICT} and {@code DO}
 * @param byExpression whether only the database can tell which keys are equal
 * @param partial whether it covers some rows only, so that others with one key may coexist
 * @param nullsEqual whether the index treats nulls as equal
 * @param updateWhere the condition under which an upsert updates a row; null if it always does
 */
record ConflictTarget(
    String sql,
    boolean byExpression,
    boolean partial,
    boolean nullsEqual,
    @Nullable String updateWhere) {}
