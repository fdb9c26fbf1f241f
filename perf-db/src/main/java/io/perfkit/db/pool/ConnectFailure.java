package io.perfkit.db.pool;

import io.perfkit.db.internal.SqlState;
import java.sql.SQLException;

/** Classifies a failed attempt to connect by whether a retry is worth it. */
enum ConnectFailure {
  /** The connection limit of the server, the role or the database is reached. */
  SERVER_FULL,
  /** The server refuses the login, the database or the statement: a retry would fail again. */
  FINAL,
  /** Anything else, such as no answer or a server that starts: worth a retry. */
  TEMPORARY;

  static ConnectFailure of(SQLException failure) {
    return switch (SqlState.of(failure)) {
      case NO_RESOURCES -> SERVER_FULL;
      case NO_ACCESS, STATEMENT_REFUSED -> FINAL;
      default -> TEMPORARY;
    };
  }

  /** For a report: {@code 28P01 FATAL: password authentication failed}. */
  static String text(SQLException failure) {
    return SqlState.code(failure) + " " + failure.getMessage();
  }
}
