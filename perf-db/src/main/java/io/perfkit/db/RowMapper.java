package io.perfkit.db;

import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Maps the current row of a result to an object.
 *
 * @param <T> the object
 */
@FunctionalInterface
public interface RowMapper<T> {
  /** Reads columns only and must not move the result. Never returns null. */
  T map(ResultSet row) throws SQLException;
}
