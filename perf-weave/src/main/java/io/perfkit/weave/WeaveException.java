package io.perfkit.weave;

import org.jspecify.annotations.Nullable;

/** Root of what is wrong with annotations or classes; found when weaving, never on a call. */
public abstract class WeaveException extends IllegalArgumentException {
  protected WeaveException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
