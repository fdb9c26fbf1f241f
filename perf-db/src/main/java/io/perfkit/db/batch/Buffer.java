package io.perfkit.db.batch;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.perfkit.db.batch.Rejection.Reason;
import io.perfkit.db.internal.SqlState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The bounded buffer of one writer: its undecided rows in one queue for each worker, and the counts
 * of all rows. Thread safe.
 */
final class Buffer<R> {
  /* Invariants
   * B1  accepted = flushed + rejected + returned + buffered, whenever the lock is free.
   * B2  the rows of a key leave in the order of their adding, in one undecided chunk of their worker
   *     at a time; only rows of other keys overtake a row that is set aside.
   * B3  a chunk is decided once: it is its worker's chunk until then, and the thread that decides
   *     takes it away. A commit is sent only for a chunk that is still its worker's.
   * B4  no thread waits for a writer that has ended: whatever ends it wakes all.
   * B5  the outcome of a row that a caller waits for is recorded for that caller at its decision.
   * No user code and no I/O under the lock. Lock order: a worker's `writing` -> `lock`. */
  final ReentrantLock lock = new ReentrantLock();

  /** Signalled when there may be space. */
  private final Condition space = lock.newCondition();

  /** Signalled whenever a thread that waits for rows or workers may have what it waits for. */
  final Condition progress = lock.newCondition();

  private final BatchConfig config;
  private final LongSupplier nanos;
  private final Acknowledgements<R> acknowledgements;
  private final List<WorkerQueue<R>> queues = new ArrayList<>();

  @GuardedBy("lock")
  final RowAccounts accounts;

  /** Callers that wait for space. */
  @GuardedBy("lock")
  int waiting;

  /** No row is accepted any more. */
  @GuardedBy("lock")
  boolean closing;

  /** No row is written any more. */
  @GuardedBy("lock")
  boolean abandoned;

  @GuardedBy("lock")
  @Nullable Throwable stoppedBy;

  /** Workers that have ended. */
  @GuardedBy("lock")
  int ended;

  Buffer(BatchConfig config, LongSupplier nanos, Acknowledgements<R> acknowledgements) {
    this.config = config;
    this.nanos = nanos;
    this.acknowledgements = acknowledgements;
    this.accounts = new RowAccounts(config);
    for (int i = 0; i < config.workers(); i++) {
      queues.add(new WorkerQueue<>(i, lock.newCondition()));
    }
  }

  /** The consumer's side for one worker. */
  QueueConsumer<R> work(int index) {
    return new QueueConsumer<>(this, queues.get(index), config, acknowledgements, nanos);
  }

  /**
   * Adds the row if there is space.
   *
   * @throws IllegalStateException if the writer was closed
   * @throws WriterStopped if it was stopped
   */
  boolean offer(BufferedRow<R> row) {
    lock.lock();
    try {
      requireOpen();
      return offerLocked(row);
    } finally {
      lock.unlock();
    }
  }

  /**
   * The same, but waits for space; false if there was none in time or the thread is interrupted.
   */
  boolean offer(BufferedRow<R> row, Duration within) {
    long left = NANOSECONDS.convert(within);
    lock.lock();
    try {
      requireOpen();
      while (!offerLocked(row)) {
        if (left <= 0) {
          return false;
        }
        left = awaitSpaceLocked(left);
        requireOpen();
      }
      return true;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until there may be space for the row. */
  void awaitSpaceFor(BufferedRow<R> row, long nanosMax) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      if (!closing && stoppedBy == null && !accounts.fits(row.bytes)) {
        var unused = awaitSpaceLocked(nanosMax);
      }
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  @SuppressWarnings("WaitNotInLoop") // its callers ask again
  private long awaitSpaceLocked(long nanosMax) throws InterruptedException {
    waiting++;
    try {
      queues.forEach(queue -> queue.wake.signal()); // a full buffer is a reason to write
      return space.awaitNanos(nanosMax);
    } finally {
      waiting--;
    }
  }

  @GuardedBy("lock")
  private boolean offerLocked(BufferedRow<R> row) {
    if (!accounts.fits(row.bytes)) {
      return false;
    }
    WorkerQueue<R> queue = queueOf(row);
    boolean wasEmpty = queue.rows.isEmpty();
    queue.add(row);
    accounts.accepted(row);
    if (wasEmpty || row.answer() != null || queue.hasEnough(config)) {
      queue.wake.signal();
    }
    return true;
  }

  /** Rows without a key fill one worker after another, so that each writes full batches. */
  @GuardedBy("lock")
  private WorkerQueue<R> queueOf(BufferedRow<R> row) {
    int index =
        row.key == null
            ? (int) (accounts.acceptedRows() / config.flushRows() % queues.size())
            : row.key.worker(queues.size());
    return queues.get(index);
  }

  @GuardedBy("lock")
  private void requireOpen() {
    if (closing) {
      throw new IllegalStateException("the writer is closed (expected: to add before it is)");
    }
    if (stoppedBy != null) {
      throw new WriterStopped(
          "stopped by "
              + SqlState.name(stoppedBy)
              + "; "
              + accounts.bufferedRows()
              + " rows wait, which close() hands back",
          stoppedBy);
    }
  }

  /** Frees the space of decided rows, and wakes threads that wait for them. */
  @GuardedBy("lock")
  void free(long bytes) {
    accounts.freed(bytes);
    space.signalAll();
    progress.signalAll();
  }

  /** Gives up the rows of a worker that callers wait for and that are certainly not written. */
  @GuardedBy("lock")
  void rejectAnswered(WorkerQueue<R> queue, Reason reason, @Nullable Throwable cause) {
    List<BufferedRow<R>> rows = queue.takeAnswered();
    if (!rows.isEmpty()) {
      accounts.rejected(rows.size());
      acknowledgements.record(
          rows, rows.stream().map(row -> new RejectedRow<>(row, reason, cause)).toList()); // B5
      free(rows.stream().mapToLong(row -> row.bytes).sum());
    }
  }

  /**
   * Has all rows accepted so far written without waiting for more. False if not all were in time.
   */
  boolean awaitSettled(Duration within) throws InterruptedException {
    long left = NANOSECONDS.convert(within);
    lock.lockInterruptibly();
    try {
      List<Long> goals = new ArrayList<>();
      for (WorkerQueue<R> queue : queues) {
        queue.flushTo = queue.added;
        goals.add(queue.added);
        queue.wake.signal();
      }
      while (!settledTo(goals)) {
        if (left <= 0 || ended == queues.size()) {
          return false;
        }
        left = progress.awaitNanos(left);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private boolean settledTo(List<Long> goals) {
    return queues.stream().allMatch(queue -> queue.settledTo(goals.get(queue.index)));
  }

  /** Refuses further rows; the workers write those that wait, then end (B4). */
  void beginClose() {
    lock.lock();
    try {
      closing = true;
      wakeAll();
    } finally {
      lock.unlock();
    }
  }

  /** Has the workers begin nothing more and end as soon as they can. */
  void abandon() {
    lock.lock();
    try {
      abandoned = true;
      wakeAll();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  void wakeAll() {
    queues.forEach(queue -> queue.wake.signal());
    space.signalAll();
    progress.signalAll();
  }

  /** Waits for the workers to end: for all, or only for those that may have sent a commit. */
  boolean awaitEnded(Duration within, boolean onlyCommits) throws InterruptedException {
    long left = NANOSECONDS.convert(within);
    lock.lockInterruptibly();
    try {
      while (onlyCommits
          ? queues.stream().anyMatch(WorkerQueue::mayStand)
          : ended < queues.size()) {
        if (left <= 0) {
          return false;
        }
        left = progress.awaitNanos(left);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes what is left from the workers, so that no worker writes it any more (B3). A caller that
   * waits for a row learns of it; other rows are handed back.
   *
   * @param certain gets the rows that are certainly not in the table
   * @param inDoubt gets those whose outcome is unknown
   */
  void takeLeft(List<R> certain, List<Rejection<R>> inDoubt) {
    lock.lock();
    try {
      long bytes = 0;
      for (WorkerQueue<R> queue : queues) {
        queue.putAsideBack();
        rejectAnswered(queue, Reason.CLOSED, null);
        Chunk<R> chunk = queue.chunk;
        if (chunk != null && chunk.mayStand) {
          List<RejectedRow<R>> refusals = chunk.refusals(Reason.OUTCOME_UNKNOWN);
          accounts.rejected(refusals.size());
          acknowledgements.record(chunk.rows, refusals); // B5
          refusals.stream()
              .filter(refusal -> refusal.row().answer() == null)
              .forEach(refusal -> inDoubt.add(refusal.rejection()));
        } else if (chunk != null) {
          chunk.rows.forEach(pending -> certain.add(pending.row));
        }
        queue.rows.forEach(pending -> certain.add(pending.row));
        bytes += queue.clear();
      }
      accounts.returned(certain.size());
      free(bytes);
    } finally {
      lock.unlock();
    }
  }

  /** Counts returned rows as rejected: they went to the rejection handler. */
  void returnedAreRejected(int rows) {
    lock.lock();
    try {
      accounts.returnedAreRejected(rows);
    } finally {
      lock.unlock();
    }
  }

  /** The worker with the longest queue. */
  int longest() {
    lock.lock();
    try {
      WorkerQueue<R> longest = queues.get(0);
      for (WorkerQueue<R> queue : queues) {
        longest = queue.undecided() > longest.undecided() ? queue : longest;
      }
      return longest.index;
    } finally {
      lock.unlock();
    }
  }

  RowCounts counts() {
    lock.lock();
    try {
      return accounts.counts();
    } finally {
      lock.unlock();
    }
  }

  BatchHealth health() {
    lock.lock();
    try {
      long now = nanos.getAsLong();
      long oldest = 0;
      int retrying = 0;
      for (WorkerQueue<R> queue : queues) {
        BufferedRow<R> first = queue.oldest();
        oldest = first == null ? oldest : Math.max(oldest, now - first.acceptedNanos);
        retrying += queue.hasRetries() ? 1 : 0;
      }
      return new BatchHealth(
          !closing && stoppedBy == null,
          accounts.bufferedRows(),
          config.maxBufferRows(),
          Duration.ofNanos(oldest),
          retrying,
          Optional.ofNullable(stoppedBy).map(SqlState::name));
    } finally {
      lock.unlock();
    }
  }
}
