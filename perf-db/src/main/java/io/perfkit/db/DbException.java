package io.perfkit.db;

import org.jspecify.annotations.Nullable;

/**
 * Root of the exceptions of perf-db itself; exceptions of the driver reach the caller unchanged.
 */
public abstract class DbException extends RuntimeException {
  /**
   * For the subclasses of this library.
   *
   * @param message holds the state at that moment
   * @param cause what the driver or the server said, if anything
   */
  protected DbException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
