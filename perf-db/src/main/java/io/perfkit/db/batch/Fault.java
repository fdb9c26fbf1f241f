package io.perfkit.db.batch;

import io.perfkit.db.internal.SqlState;

/**
 * What a failed statement may be about, by its SQLSTATE. Only an experiment decides: see {@link
 * Bisection}.
 */
enum Fault {
  /** The database is not well, or out of reach: the same later. */
  DATABASE,
  /** Too much at once, or in the way of others: less of it, a little later. */
  CONTENTION,
  /** Some row is refused: find it. */
  ROW,
  /** A row or the statement itself is refused: triggers and policies use these states too. */
  ROW_OR_STATEMENT;

  private static final String LOCK_NOT_AVAILABLE = "55P03";
  private static final String INTERNAL_ERROR = "XX000";

  /** What is no answer of a database at all is one of a database out of reach. */
  static Fault of(Exception failure) {
    return switch (SqlState.of(failure)) {
      case CONFLICT, CANCELLED -> CONTENTION;
      case DATA_REFUSED -> ROW;
      case STATEMENT_REFUSED, NO_ACCESS -> ROW_OR_STATEMENT;
      case NOT_NOW ->
          SqlState.code(failure).equals(LOCK_NOT_AVAILABLE) ? CONTENTION : ROW_OR_STATEMENT;
      case SERVER_FAULT ->
          SqlState.code(failure).equals(INTERNAL_ERROR) ? ROW_OR_STATEMENT : DATABASE;
      default -> DATABASE;
    };
  }

  /** Whether it may end if the row is alone. */
  boolean mayBeOfOneRow() {
    return this == ROW || this == ROW_OR_STATEMENT;
  }

  /** Whether a row that fails so may need another one, which it did not meet. */
  static boolean mayNeedAnotherRow(Exception failure) {
    return switch (SqlState.code(failure)) {
      case "23503", "23000", "23001", "P0001" -> true;
      default -> false;
    };
  }
}
