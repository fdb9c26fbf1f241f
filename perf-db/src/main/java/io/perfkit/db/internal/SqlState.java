package io.perfkit.db.internal;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Classifies the SQLSTATE of a failed database call: what went wrong on the server. The only class
 * of this module that reads a SQLSTATE; what to do about the failure is the policy of its callers,
 * such as the batch writer, the pool, the router and the query cache.
 */
public enum SqlState {
  /** No server answered: no SQLSTATE, class 08, or a driver's own (HY, 90). */
  NO_ANSWER,
  /** Class 28 and 3D: the server refuses the login or the database, whatever the statement. */
  NO_ACCESS,
  /** Class 53: connections, memory, disk or another resource is exhausted. */
  NO_RESOURCES,
  /** Class 57 but 57014: the server is going away, or is not there yet. */
  SHUTDOWN,
  /** Class 58 and XX: an internal error of the server. */
  SERVER_FAULT,
  /** 25006: the server or the transaction is read-only; a former primary answers so. */
  READ_ONLY,
  /** The rest of class 25: not allowed in this state of the transaction. */
  TRANSACTION_STATE,
  /** Class 40: deadlock, serialization; the transaction was rolled back. */
  CONFLICT,
  /** 57014: cancelled, by a time limit or by a user. */
  CANCELLED,
  /** Class 55: not possible now, such as a lock that is not available. */
  NOT_NOW,
  /** Class 26 and 42P05: a prepared statement is forgotten, or another has its name. */
  PREPARED_NAME,
  /** Class 0A, 0L, 0P, 2B, 3F and 42: the statement or its right is refused. */
  STATEMENT_REFUSED,
  /** Any other: data, integrity, check options, errors raised by triggers. */
  DATA_REFUSED;

  private static final int LENGTH = 5;

  /** Classifies any failure; one that is not an {@link SQLException} is {@link #NO_ANSWER}. */
  public static SqlState of(Throwable failure) {
    String state = code(failure);
    if (state.isEmpty()) {
      return NO_ANSWER;
    }
    return switch (state) {
      case "57014" -> CANCELLED;
      case "25006" -> READ_ONLY;
      case "42P05" -> PREPARED_NAME;
      default -> ofClass(state.substring(0, 2));
    };
  }

  private static SqlState ofClass(String two) {
    return switch (two) {
      case "08", "HY", "90" -> NO_ANSWER;
      case "28", "3D" -> NO_ACCESS;
      case "53" -> NO_RESOURCES;
      case "57" -> SHUTDOWN;
      case "58", "XX" -> SERVER_FAULT;
      case "25" -> TRANSACTION_STATE;
      case "40" -> CONFLICT;
      case "55" -> NOT_NOW;
      case "26" -> PREPARED_NAME;
      case "0A", "0L", "0P", "2B", "3F", "42" -> STATEMENT_REFUSED;
      default -> DATA_REFUSED;
    };
  }

  /**
   * Whether a commit that failed this way may have taken place nevertheless: the server did not
   * answer, or answered while it was failing itself. A statement without a transaction is a commit
   * too.
   */
  public static boolean leavesCommitInDoubt(Throwable failure) {
    return switch (of(failure)) {
      case NO_ANSWER, NO_RESOURCES, SHUTDOWN, SERVER_FAULT -> true;
      case CONFLICT -> code(failure).equals("40003"); // it says itself that it does not know
      default -> false;
    };
  }

  /** The five characters, or "" if there are none. */
  public static String code(Throwable failure) {
    @Nullable String state = failure instanceof SQLException sql ? sql.getSQLState() : null;
    return state == null || state.length() != LENGTH ? "" : state;
  }

  /** A text for logs: {@code SQLSTATE 23505}, or else the exception's class; never its message. */
  public static String name(Throwable failure) {
    @Nullable String state = failure instanceof SQLException sql ? sql.getSQLState() : null;
    return state == null ? failure.getClass().getSimpleName() : "SQLSTATE " + state;
  }
}
