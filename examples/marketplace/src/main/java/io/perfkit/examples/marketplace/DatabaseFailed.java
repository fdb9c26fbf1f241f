package io.perfkit.examples.marketplace;

import java.sql.SQLException;

/** PostgreSQL did not do what it was asked; the transaction is rolled back. */
final class DatabaseFailed extends RuntimeException {
  DatabaseFailed(SQLException cause) {
    super("PostgreSQL: " + cause.getMessage(), cause);
  }
}
