package io.perfkit.db.batch;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** What a failure says about the next try, by its SQLSTATE. */
enum Fault {
  /** The database is not well, or out of reach: the same later. */
  RETRY,
  /** Too much at once, or in the way of others: less of it, a little later. */
  SPLIT,
  /** Some row is refused: find it. */
  BISECT,
  /** The statement is refused, whatever the rows: never again. */
  WRONG;

  /** What is no answer of a database at all is one of a database out of reach. */
  static Fault of(Exception failure) {
    String state = state(failure);
    if (state == null) {
      return RETRY;
    }
    if (state.equals("57014")) { // cancelled, here by its time-out
      return SPLIT;
    }
    return switch (state.substring(0, 2)) {
      case "40" -> SPLIT; // deadlock, serialization
      // connection, read-only (not primary any more), forgotten statement, resources, not now,
      // operator, system, internal; and what drivers and H2 say of themselves
      case "08", "25", "26", "53", "55", "57", "58", "XX", "HY", "90" -> RETRY;
      // not supported, grants, authorization, catalog, schema, syntax or access
      case "0A", "0L", "0P", "28", "2B", "3D", "3F", "42" -> WRONG;
      default -> BISECT; // data, integrity, check options, triggers
    };
  }

  /**
   * Whether a commit that failed this way certainly did not take place: the database answered, and
   * not while it was going away.
   */
  static boolean certainlyRolledBack(Exception failure) {
    String state = state(failure);
    return state != null
        && !state.equals("40003") // it says itself that it does not know
        && switch (state.substring(0, 2)) {
          case "08", "53", "57", "58", "XX", "HY", "90" -> false;
          default -> true;
        };
  }

  /** The SQLSTATE, or else the class: what may be logged of a failure. */
  static String name(Throwable failure) {
    String state = failure instanceof SQLException sql ? sql.getSQLState() : null;
    return state == null ? failure.getClass().getSimpleName() : "SQLSTATE " + state;
  }

  private static @Nullable String state(Exception failure) {
    String state = failure instanceof SQLException sql ? sql.getSQLState() : null;
    return state == null || state.length() != 5 ? null : state;
  }
}
