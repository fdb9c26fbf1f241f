package io.perfkit.db.page;

import java.sql.ResultSet;
import java.sql.SQLException;

/** Makes an object of the row on which a result stands. */
@FunctionalInterface
public interface RowMapper<R> {
  /** Reads columns only; does not move the result. Never null. */
  R map(ResultSet row) throws SQLException;
}
