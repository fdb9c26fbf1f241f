package io.perfkit.jobs;

import org.jspecify.annotations.Nullable;

/** Thrown by a handler: no further attempt can succeed, and the job becomes a dead letter. */
public final class DeadLetterJob extends JobException {
  private static final long serialVersionUID = 1L;

  /** A dead letter for {@code reason}. */
  public DeadLetterJob(String reason) {
    this(reason, null);
  }

  /** A dead letter for {@code reason}, with what caused it. */
  public DeadLetterJob(String reason, @Nullable Throwable cause) {
    super(reason, cause);
  }
}
