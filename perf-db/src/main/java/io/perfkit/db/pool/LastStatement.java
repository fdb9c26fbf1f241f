package io.perfkit.db.pool;

import java.sql.Connection;
import java.util.Optional;

/** Returns what a connection ran last, for leak suspects; a query monitor knows it. Thread safe. */
@FunctionalInterface
public interface LastStatement {
  /**
   * The text of the statement that runs on {@code connection} or ran last, without values; empty if
   * not known. Called on the pool's own thread while another thread uses the connection: it must
   * not use the connection.
   *
   * @param connection the object that the pool's {@code DataSource} handed out
   */
  Optional<String> of(Connection connection);
}
