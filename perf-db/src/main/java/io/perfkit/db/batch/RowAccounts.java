package io.perfkit.db.batch;

/**
 * Counts the rows of one writer by what became of them, and the space that the undecided ones take.
 * Guarded by the lock of its buffer.
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

  boolean isFull() {
    return bufferedRows() >= rowsMax || bufferedBytes >= bytesMax;
  }

  /** Whether there is space for so many bytes; for a row that is too long, only in an empty one. */
  boolean fits(int bytes) {
    int rows = bufferedRows();
    return rows < rowsMax && (rows == 0 || bufferedBytes + bytes <= bytesMax);
  }

  void accepted(Pending<?> row) {
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

  /** What was returned was given to the rejection handler instead. */
  void returnedAreRejected(int rows) {
    returned -= rows;
    rejected += rows;
  }

  /** Rows that were decided take no space any more. */
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
