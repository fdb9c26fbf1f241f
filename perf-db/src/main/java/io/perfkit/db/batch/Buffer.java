package io.perfkit.db.batch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one writer that are not decided yet, in their lanes, and the accounts. Thread safe.
 */
final class Buffer<R> {
  /* Invariants
   * B1  accepted = flushed + rejected + returned + buffered, whenever the lock is free.
   * B2  the rows of a lane leave in the order of their adding, in one undecided chunk at a time.
   * B3  a chunk is decided once: it is its lane's chunk until then, and who decides takes it away.
   *     A commit is sent only for a chunk that is still its lane's.
   * B4  nobody waits for a writer that has ended: whatever ends it wakes all.
   * B5  what becomes of a row that somebody waits for is owed to him as it is entered.
   * No user code and no I/O under the lock. Lock order: a lane's `writing` -> `lock`. */
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition space = lock.newCondition();
  private final Condition progress = lock.newCondition();
  private final BatchConfig config;
  private final LongSupplier nanos;
  private final Answers<R> answers;
  private final List<LaneQueue<R>> queues = new ArrayList<>();

  @GuardedBy("lock")
  private int waiting;

  @GuardedBy("lock")
  private int bufferedRows;

  @GuardedBy("lock")
  private long bufferedBytes;

  @GuardedBy("lock")
  private long accepted;

  @GuardedBy("lock")
  private long flushed;

  @GuardedBy("lock")
  private long rejected;

  @GuardedBy("lock")
  private long returned;

  @GuardedBy("lock")
  private boolean closing;

  @GuardedBy("lock")
  private boolean abandoned;

  @GuardedBy("lock")
  private @Nullable Throwable stoppedBy;

  @GuardedBy("lock")
  private int ended;

  Buffer(BatchConfig config, LongSupplier nanos, Answers<R> answers) {
    this.config = config;
    this.nanos = nanos;
    this.answers = answers;
    for (int i = 0; i < config.lanes(); i++) {
      queues.add(new LaneQueue<>(i, lock.newCondition()));
    }
  }

  LaneQueue<R> queue(int index) {
    return queues.get(index);
  }

  /**
   * Takes the row in if there is space.
   *
   * @throws IllegalStateException if the writer was closed
   * @throws WriterStopped if it was stopped
   */
  boolean offer(Pending<R> row) {
    lock.lock();
    try {
      requireOpen();
      return offerLocked(row);
    } finally {
      lock.unlock();
    }
  }

  /** The same, waiting for space; false if there was none in time or the thread is interrupted. */
  boolean offer(Pending<R> row, Duration within) {
    long left = within.toNanos();
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

  /** Waits until there may be space. */
  void awaitSpace(long nanosMax) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      if (!closing && stoppedBy == null && isFull()) {
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
  private boolean isFull() {
    return bufferedRows >= config.bufferRows() || bufferedBytes >= config.bufferBytes();
  }

  @GuardedBy("lock")
  private boolean offerLocked(Pending<R> row) {
    if (bufferedRows >= config.bufferRows()
        || (bufferedRows > 0 && bufferedBytes + row.bytes > config.bufferBytes())) {
      return false;
    }
    LaneQueue<R> queue = queueOf(row);
    boolean wasEmpty = queue.rows.isEmpty();
    queue.add(row);
    accepted++;
    bufferedRows++;
    bufferedBytes += row.bytes;
    if (wasEmpty || row.answer != null || enough(queue)) {
      queue.wake.signal();
    }
    return true;
  }

  /** Rows without a key fill one lane after the other, so that each writes full batches. */
  @GuardedBy("lock")
  private LaneQueue<R> queueOf(Pending<R> row) {
    int index =
        row.key == null
            ? (int) (accepted / config.flushRows() % queues.size())
            : row.key.lane(queues.size());
    return queues.get(index);
  }

  @GuardedBy("lock")
  private boolean enough(LaneQueue<R> queue) {
    return queue.rows.size() >= config.flushRows() || queue.bytes >= config.flushBytes();
  }

  @GuardedBy("lock")
  private void requireOpen() {
    if (closing) {
      throw new IllegalStateException("the writer is closed (expected: to add before it is)");
    }
    if (stoppedBy != null) {
      throw new WriterStopped(
          "stopped by "
              + Fault.name(stoppedBy)
              + "; "
              + bufferedRows
              + " rows wait, which close() hands back",
          stoppedBy);
    }
  }

  /**
   * Waits until the lane has something to do.
   *
   * @return false when it has nothing to do any more
   */
  boolean awaitWork(LaneQueue<R> queue) {
    lock.lock();
    try {
      while (true) {
        if (abandoned || (stoppedBy != null && !queue.mayStand())) {
          return false;
        }
        long wait = nanosUntilWork(queue);
        if (wait == 0) {
          return true;
        }
        if (wait == Long.MAX_VALUE) {
          if (closing) {
            return false;
          }
          queue.wake.await();
        } else {
          var unused = queue.wake.awaitNanos(wait);
        }
      }
    } catch (InterruptedException stranger) {
      // Only close() has a reason to interrupt a lane, and says so; the flag would end all I/O.
      return !abandoned;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private long nanosUntilWork(LaneQueue<R> queue) {
    if (queue.chunk != null) {
      return queue.chunk.tries == 0 ? 0 : Math.max(0, queue.chunk.retryAtNanos - nanos.getAsLong());
    }
    Pending<R> oldest = queue.rows.peekFirst();
    if (oldest == null) {
      return Long.MAX_VALUE;
    }
    if (closing || waiting > 0 || enough(queue) || queue.settled < queue.flushTo) {
      return 0;
    }
    long age = nanos.getAsLong() - oldest.acceptedNanos;
    return Math.max(0, config.flushInterval().toNanos() - age);
  }

  /** The chunk under way, or a new one of the oldest rows; null if there is neither. */
  @Nullable Chunk<R> take(LaneQueue<R> queue, int rowsMax) {
    lock.lock();
    try {
      if (abandoned) {
        return null;
      }
      if (queue.chunk == null && stoppedBy == null && !queue.rows.isEmpty()) {
        queue.chunk = queue.cut(rowsMax, config.flushBytes());
      }
      return queue.chunk;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the chunk is still the lane's; from now on its rows may stand in the table (B3). */
  boolean beginCommit(LaneQueue<R> queue, Chunk<R> chunk) {
    lock.lock();
    try {
      if (queue.chunk != chunk) {
        return false;
      }
      chunk.mayStand = true;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The last try did not write the chunk.
   *
   * @param mayStand whether that is not certain
   * @param splitTo rows that are to be tried next, where fewer may do better
   */
  void retryLater(
      LaneQueue<R> queue, Chunk<R> chunk, boolean mayStand, long pauseNanos, int splitTo) {
    lock.lock();
    try {
      if (queue.chunk != chunk) {
        return;
      }
      chunk.tries++;
      chunk.mayStand = mayStand;
      chunk.retryAtNanos = nanos.getAsLong() + pauseNanos;
      if (splitTo < chunk.rows.size() && !mayStand) {
        queue.chunk = queue.split(chunk, splitTo);
      }
      queue.wake.signal();
      progress.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Enters what became of a chunk, and frees its space.
   *
   * @return false if somebody else has decided it (B3)
   */
  boolean decide(LaneQueue<R> queue, Chunk<R> chunk, List<Refusal<R>> refusals) {
    lock.lock();
    try {
      if (queue.chunk != chunk) {
        return false;
      }
      queue.chunk = null;
      flushed += chunk.rows.size() - refusals.size();
      rejected += refusals.size();
      if (chunk.answered) {
        answers.owe(chunk.rows, refusals); // B5
      }
      free(chunk.rows.size(), chunk.bytes);
      return true;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void free(int rows, long bytes) {
    bufferedRows -= rows;
    bufferedBytes -= bytes;
    space.signalAll();
    progress.signalAll();
  }

  /** The chunk's rejections were reported, so who waits for its rows may go on. */
  void settle(LaneQueue<R> queue, Chunk<R> chunk) {
    lock.lock();
    try {
      queue.settled += chunk.rows.size();
      progress.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** No statement will ever do. What waits is kept for who closes (B4). */
  void stop(Throwable cause) {
    lock.lock();
    try {
      if (stoppedBy == null) {
        stoppedBy = cause;
      }
      wakeAll();
    } finally {
      lock.unlock();
    }
  }

  /** The lane does nothing any more: who waits for a row of one that was stopped is told (B4). */
  void ended(LaneQueue<R> queue) {
    lock.lock();
    try {
      ended++;
      if (stoppedBy != null) {
        rejectAnswered(queue, Rejection.Reason.STOPPED, stoppedBy);
      }
      progress.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void rejectAnswered(
      LaneQueue<R> queue, Rejection.Reason reason, @Nullable Throwable cause) {
    List<Pending<R>> rows = queue.takeAnswered();
    if (!rows.isEmpty()) {
      rejected += rows.size();
      free(rows.size(), rows.stream().mapToLong(row -> row.bytes).sum());
      answers.owe(rows, rows.stream().map(row -> new Refusal<>(row, reason, cause)).toList()); // B5
    }
  }

  /** Writes what was accepted before now without waiting for more. False if not all was in time. */
  boolean awaitSettled(Duration within) throws InterruptedException {
    long left = within.toNanos();
    lock.lockInterruptibly();
    try {
      List<Long> goals = new ArrayList<>();
      for (LaneQueue<R> queue : queues) {
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
    return queues.stream().allMatch(queue -> queue.settled >= goals.get(queue.index));
  }

  /** Refuses rows from now on; the lanes write what waits, then end (B4). */
  void beginClose() {
    lock.lock();
    try {
      closing = true;
      wakeAll();
    } finally {
      lock.unlock();
    }
  }

  /** Lanes begin nothing more, and end as soon as they can. */
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
  private void wakeAll() {
    queues.forEach(queue -> queue.wake.signal());
    space.signalAll();
    progress.signalAll();
  }

  /** Waits for the lanes to end, if only those that may have sent a commit. */
  boolean awaitEnded(Duration within, boolean onlyCommits) throws InterruptedException {
    long left = within.toNanos();
    lock.lockInterruptibly();
    try {
      while (onlyCommits ? queues.stream().anyMatch(LaneQueue::mayStand) : ended < queues.size()) {
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
   * Takes what is left from the lanes, so that none of it is written any more (B3). Who waits for a
   * row is told, others get it back.
   *
   * @param certain gets the rows that are not in the table
   * @param inDoubt gets those of which nobody knows
   */
  void takeLeft(List<R> certain, List<Rejection<R>> inDoubt) {
    lock.lock();
    try {
      for (LaneQueue<R> queue : queues) {
        rejectAnswered(queue, Rejection.Reason.CLOSED, null);
        Chunk<R> chunk = queue.chunk;
        queue.chunk = null;
        if (chunk != null && chunk.mayStand) {
          List<Refusal<R>> refusals = chunk.refusals(Rejection.Reason.OUTCOME_UNKNOWN);
          rejected += refusals.size();
          answers.owe(chunk.rows, refusals); // B5
          refusals.stream()
              .filter(refusal -> refusal.row().answer == null)
              .forEach(refusal -> inDoubt.add(refusal.rejection()));
        } else if (chunk != null) {
          chunk.rows.forEach(pending -> certain.add(pending.row));
        }
        queue.rows.forEach(pending -> certain.add(pending.row));
        queue.rows.clear();
      }
      returned += certain.size();
      free(bufferedRows, bufferedBytes);
    } finally {
      lock.unlock();
    }
  }

  /** What was to be returned went to the rejection handler. */
  void returnedAreRejected(int rows) {
    lock.lock();
    try {
      returned -= rows;
      rejected += rows;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the lane waits before it tries again. */
  boolean pausing(LaneQueue<R> queue) {
    return pauseNanos(queue) > 0;
  }

  /** How long it waits before it tries again; zero if it does not. */
  long pauseNanos(LaneQueue<R> queue) {
    lock.lock();
    try {
      return queue.chunk == null ? 0 : nanosUntilWork(queue);
    } finally {
      lock.unlock();
    }
  }

  /** The lane with most to do. */
  LaneQueue<R> longest() {
    lock.lock();
    try {
      LaneQueue<R> longest = queues.get(0);
      for (LaneQueue<R> queue : queues) {
        longest = queue.undecided() > longest.undecided() ? queue : longest;
      }
      return longest;
    } finally {
      lock.unlock();
    }
  }

  Accounts accounts() {
    lock.lock();
    try {
      return new Accounts(accepted, flushed, rejected, returned, bufferedRows);
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
      for (LaneQueue<R> queue : queues) {
        Pending<R> first = queue.oldest();
        oldest = first == null ? oldest : Math.max(oldest, now - first.acceptedNanos);
        retrying += queue.chunk != null && queue.chunk.tries > 0 ? 1 : 0;
      }
      return new BatchHealth(
          !closing && stoppedBy == null,
          bufferedRows,
          config.bufferRows(),
          Duration.ofNanos(oldest),
          retrying,
          Optional.ofNullable(stoppedBy).map(Fault::name));
    } finally {
      lock.unlock();
    }
  }
}
