package io.perfkit.db.batch;

import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * What PostgreSQL's driver says of a connection and standard JDBC can't. Called by reflection,
 * since the driver belongs to the host. Immutable.
 */
final class DriverSession {
  private static final @Nullable Class<?> DRIVERS = driversType();

  private final Object driver;

  private DriverSession(Object driver) {
    this.driver = driver;
  }

  private static @Nullable Class<?> driversType() {
    try {
      return Class.forName("org.postgresql.PGConnection");
    } catch (ClassNotFoundException | LinkageError another) {
      return null;
    }
  }

  /** Null if the connection is one of another driver. */
  static @Nullable DriverSession of(Connection connection) throws SQLException {
    return DRIVERS != null && connection.isWrapperFor(DRIVERS)
        ? new DriverSession(connection.unwrap(DRIVERS))
        : null;
  }

  /** The process that serves the connection, as the driver was told when it connected. */
  int backendPid() {
    return (int) call("getBackendPID");
  }

  int prepareThreshold() {
    return (int) call("getPrepareThreshold");
  }

  /**
   * @param executions after which the driver gives a statement a name on the server; 0 for never
   */
  void prepareThreshold(int executions) {
    try {
      var unused =
          driver.getClass().getMethod("setPrepareThreshold", int.class).invoke(driver, executions);
    } catch (ReflectiveOperationException changed) {
      throw unlike("setPrepareThreshold", changed);
    }
  }

  private Object call(String method) {
    try {
      return driver.getClass().getMethod(method).invoke(driver);
    } catch (ReflectiveOperationException changed) {
      throw unlike(method, changed);
    }
  }

  private static IllegalStateException unlike(String method, ReflectiveOperationException changed) {
    return new IllegalStateException(
        "the driver's connection has no " + method + " (expected: PostgreSQL's driver)", changed);
  }
}
