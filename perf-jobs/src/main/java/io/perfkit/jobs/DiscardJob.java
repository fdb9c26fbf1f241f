package io.perfkit.jobs;

/** Thrown by a handler: the job has become pointless and ends, without a dead letter. */
public final class DiscardJob extends JobException {
  private static final long serialVersionUID = 1L;

  /** A job that ends for {@code reason}. */
  public DiscardJob(String reason) {
    super(reason, null);
  }
}
