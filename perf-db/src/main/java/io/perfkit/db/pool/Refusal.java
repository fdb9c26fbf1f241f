package io.perfkit.db.pool;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Why a database gave no connection, by SQLSTATE. */
enum Refusal {
  /** 53300 and the rest of class 53, or a limit of the role or database: others have them all. */
  SERVER_FULL,
  /** Class 28, 3D or 42: it would say the same again. */
  FINAL,
  /** Anything else, such as class 08 or 57P03, a server that starts: worth another attempt. */
  TEMPORARY;

  static Refusal of(SQLException failure) {
    String state = state(failure);
    if (state.startsWith("53")) {
      return SERVER_FULL;
    }
    return state.startsWith("28") || state.startsWith("3D") || state.startsWith("42")
        ? FINAL
        : TEMPORARY;
  }

  /** For a report: {@code 28P01 FATAL: password authentication failed}. */
  static String text(SQLException failure) {
    return state(failure) + " " + failure.getMessage();
  }

  static String state(SQLException failure) {
    @Nullable String state = failure.getSQLState();
    return state == null ? "" : state;
  }
}
