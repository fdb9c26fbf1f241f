package io.perfkit.weave;

import org.jspecify.annotations.Nullable;

/**
 * Root of the exceptions for faults in annotations or classes; thrown when weaving, never on a
 * call.
 */
public abstract class WeaveException extends IllegalArgumentException {
  /**
   * For the subclasses of this library.
   *
   * @param message names the method and what to change
   * @param cause the underlying failure, if any
   */
  protected WeaveException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
