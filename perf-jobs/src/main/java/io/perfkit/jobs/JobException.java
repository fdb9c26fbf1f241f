package io.perfkit.jobs;

import org.jspecify.annotations.Nullable;

/** Root of the exceptions of this module. */
public class JobException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  JobException(@Nullable String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
