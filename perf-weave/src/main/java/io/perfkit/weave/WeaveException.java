package io.perfkit.weave;

import org.jspecify.annotations.Nullable;

/** Root of what is wrong with annotations or classes; found when weaving, never on a call. */
public abstract class WeaveException extends IllegalArgumentException {
  /**
   * For the subclasses of this library.
   *
   * @param message names the method and what to change
   * @param cause what was wrong underneath, if something was
   */
  protected WeaveException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
