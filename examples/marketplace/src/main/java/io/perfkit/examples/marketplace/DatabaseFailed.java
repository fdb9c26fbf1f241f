package io.perfkit.examples.marketplace;

/**
 * PostgreSQL did not do what it was asked; the transaction is rolled back, unless it was its commit
 * that was not answered.
 */
final class DatabaseFailed extends RuntimeException {
  DatabaseFailed(Throwable cause) {
    super("PostgreSQL: " + cause.getMessage(), cause);
  }
}
