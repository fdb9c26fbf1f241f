package io.perfkit.db.batch;

/**
 * Counts the rows of one writer by outcome, and the space of the undecided ones. Guarded by the
 * lock of its buffer.
 */
final class RowAccounts {
  private final int rowsMax;
  private final long bytesMax;
  private long accepted;
  private long flushed;
  private long rejected;
  private long returned;
  private long bufferedBytes;

  RowAccounts(BatchConfig config) {
    this.rowsMax = config.maxBufferRows();
    this.bytesMax = config.maxBufferBytes();
  }

  /**
   * Whether so many bytes fit; a row longer than the buffer fits only while the buffer is empty.
   */
  boolean fits(int bytes) {
    int rows = bufferedRows();
    return rows < rowsMax && (rows == 0 || bufferedBytes + bytes <= bytesMax);
  }

  void accepted(BufferedRow<?> row) {
    accepted++;
    bufferedBytes += row.bytes;
  }

  void flushed(int rows) {
    flushed += rows;
  }

  void rejected(int rows) {
    rejected += rows;
  }

  void returned(int rows) {
    returned += rows;
  }

  /** Moves returned rows to the rejected ones: the rejection handler got them instead. */
  void returnedAreRejected(int rows) {
    returned -= rows;
    rejected += rows;
  }

  /** Frees the space of decided rows. */
  void freed(long bytes) {
    bufferedBytes -= bytes;
  }

  long acceptedRows() {
    return accepted;
  }

  int bufferedRows() {
    return (int) (accepted - flushed - rejected - returned);
  }

  RowCounts counts() {
    return new RowCounts(accepted, flushed, rejected, returned, bufferedRows());
  }
}
