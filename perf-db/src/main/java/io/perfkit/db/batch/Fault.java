package io.perfkit.db.batch;

import io.perfkit.db.internal.SqlState;

/**
 * Classifies a failed write by its SQLSTATE: the database, contention, a row, or the statement. The
 * class is a first guess: {@link Bisection} then finds by experiment which row is refused, and
 * {@link Worker} decides about retries.
 */
enum Fault {
  /** The database fails or is unreachable: retry the same chunk later. */
  DATABASE,
  /** Too much at once, or a conflict with other transactions: retry fewer rows a little later. */
  CONTENTION,
  /** Some row is refused: bisect the chunk to find it. */
  ROW,
  /** A row or the statement itself is refused: triggers and policies raise these states too. */
  ROW_OR_STATEMENT;

  private static final String LOCK_NOT_AVAILABLE = "55P03";
  private static final String INTERNAL_ERROR = "XX000";
  private static final String DATA_EXCEPTION = "22";

  /** The class of a failure; one without an answer of the database is {@link #DATABASE}. */
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

  /** Whether a single row may have caused it. */
  boolean mayBeOfOneRow() {
    return this == ROW || this == ROW_OR_STATEMENT;
  }

  /** Whether it may have failed because a column has another type than was known. */
  static boolean mayBeOfAType(Exception failure) {
    Fault fault = of(failure);
    return fault == ROW_OR_STATEMENT
        || (fault == ROW && SqlState.code(failure).startsWith(DATA_EXCEPTION));
  }

  /** Whether the row may have failed because another row that it needs is missing. */
  static boolean mayNeedAnotherRow(Exception failure) {
    return switch (SqlState.code(failure)) {
      case "23503", "23000", "23001", "P0001" -> true;
      default -> false;
    };
  }
}
