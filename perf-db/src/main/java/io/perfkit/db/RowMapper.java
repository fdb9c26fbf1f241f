package io.perfkit.db;

import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Makes an object of the current row of a result.
 *
 * @param <T> the object
 */
@FunctionalInterface
public interface RowMapper<T> {
  /** Reads columns only, and does not move the result. Never returns null. */
  T map(ResultSet row) throws SQLException;
}
