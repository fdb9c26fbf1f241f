package io.perfkit.db.batch;

/** What {@link BatchWriter#add} does while the buffer is full. */
public enum OnFull {
  /** Waits for space, at most {@link BatchConfig#blockFor()}, then throws {@link BufferFull}. */
  BLOCK,
  /** Throws {@link BufferFull} at once. */
  REJECT,
  /**
   * Caller runs: writes waiting rows in order, on the caller's thread, until there is space; throws
   * {@link BufferFull} if there is none within {@link BatchConfig#blockFor()}. Needs a second
   * connection if the caller holds one.
   */
  CALLER_RUNS
}
