package io.perfkit.jobs;

/**
 * The store did not answer, or refused. A job whose enqueueing failed so may be stored or not;
 * enqueueing it again may store it twice, unless it has a {@link JobOptions#unique} key.
 */
public final class StoreFailed extends JobException {
  private static final long serialVersionUID = 1L;

  StoreFailed(String what, Throwable cause) {
    super(what, cause);
  }
}
