package io.perfkit.db.query;

import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Makes something of the current row.
 *
 * @param <T> what it makes
 */
@FunctionalInterface
public interface RowMapper<T> {
  /** Reads the row, and does not move. */
  T map(ResultSet row) throws SQLException;
}
