package io.perfkit.db.pool;

import io.perfkit.db.internal.SqlState;
import java.sql.SQLException;

/** Why an attempt to connect failed, and so whether another attempt is worth it. */
enum ConnectFailure {
  /** The server, the role or the database has no connection left: others hold them all. */
  SERVER_FULL,
  /** The server refuses the login, the database or the statement: it would do so again. */
  FINAL,
  /** Anything else, such as no answer or a server that starts: worth another attempt. */
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
