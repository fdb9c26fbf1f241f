package io.perfkit.db.batch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.perfkit.db.batch.Rejection.Reason;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The consumer's side of a {@link Buffer}, whose invariants hold here too: waits until there is
 * something to write, takes it chunk by chunk, and records the outcome of each. Thread safe.
 */
final class QueueConsumer<R> {
  /**
   * Most single rows that others overtake because the database lacked a resource for them alone.
   */
  private static final int MAX_ASIDE = 64;

  private final Buffer<R> buffer;
  private final WorkerQueue<R> queue;
  private final BatchConfig config;
  private final Acknowledgements<R> acknowledgements;
  private final LongSupplier nanos;

  QueueConsumer(
      Buffer<R> buffer,
      WorkerQueue<R> queue,
      BatchConfig config,
      Acknowledgements<R> acknowledgements,
      LongSupplier nanos) {
    this.buffer = buffer;
    this.queue = queue;
    this.config = config;
    this.acknowledgements = acknowledgements;
    this.nanos = nanos;
  }

  /**
   * Waits until there is something to do.
   *
   * @return false when there is nothing to do any more
   */
  boolean await() {
    buffer.lock.lock();
    try {
      while (true) {
        if (buffer.abandoned || (buffer.stoppedBy != null && !queue.mayStand())) {
          return false;
        }
        long wait = nanosUntilWork();
        if (wait == 0) {
          return true;
        }
        if (wait == Long.MAX_VALUE) {
          if (buffer.closing) {
            return false;
          }
          queue.wake.await();
        } else {
          var unused = queue.wake.awaitNanos(wait);
        }
      }
    } catch (InterruptedException stranger) {
      // Only close() interrupts a worker, and sets `abandoned`; keeping the flag would end all I/O.
      return !buffer.abandoned;
    } finally {
      buffer.lock.unlock();
    }
  }

  @GuardedBy("buffer.lock")
  private long nanosUntilWork() {
    if (queue.chunk != null) {
      return queue.chunk.tries == 0 ? 0 : nanosUntil(queue.chunk);
    }
    Chunk<R> aside = queue.firstAside();
    long untilAside = aside == null ? Long.MAX_VALUE : nanosUntil(aside);
    BufferedRow<R> oldest = queue.firstReady();
    if (oldest == null) {
      return untilAside;
    }
    if (buffer.closing
        || buffer.waiting > 0
        || queue.hasEnough(config)
        || queue.settled < queue.flushTo) {
      return 0;
    }
    long age = nanos.getAsLong() - oldest.acceptedNanos;
    return Math.min(untilAside, Math.max(0, config.flushInterval().toNanos() - age));
  }

  private long nanosUntil(Chunk<R> retried) {
    return Math.max(0, retried.retryAtNanos - nanos.getAsLong());
  }

  /** How long a caller that finds the buffer full has nothing to write; zero if it has. */
  long pauseNanos() {
    buffer.lock.lock();
    try {
      return queue.chunk == null && queue.firstReady() != null ? 0 : nanosUntilWork();
    } finally {
      buffer.lock.unlock();
    }
  }

  /** The chunk under way, or a new one with the oldest rows; null if there is neither. */
  @Nullable Chunk<R> take(int rowsMax) {
    buffer.lock.lock();
    try {
      if (buffer.abandoned) {
        return null;
      }
      if (queue.chunk == null && buffer.stoppedBy == null) {
        Chunk<R> aside = queue.firstAside();
        if (aside != null && nanosUntil(aside) == 0) {
          queue.takeBack(aside);
        } else if (queue.firstReady() != null) {
          queue.chunk = queue.cut(rowsMax, config.flushBytes()); // B2
        }
      }
      return queue.chunk;
    } finally {
      buffer.lock.unlock();
    }
  }

  /** Whether the worker still owns the chunk; from now on its rows may be in the table (B3). */
  boolean beginCommit(Chunk<R> chunk) {
    buffer.lock.lock();
    try {
      if (queue.chunk != chunk) {
        return false;
      }
      chunk.mayStand = true;
      return true;
    } finally {
      buffer.lock.unlock();
    }
  }

  /**
   * Records an attempt that did not write the chunk, to be retried after a pause.
   *
   * @param mayStand whether the rows may be in the table nevertheless
   * @param splitTo rows to try next, where fewer may succeed
   */
  void retryLater(Chunk<R> chunk, boolean mayStand, long pauseNanos, int splitTo) {
    buffer.lock.lock();
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
      buffer.progress.signalAll();
    } finally {
      buffer.lock.unlock();
    }
  }

  /** Lets other rows go before a single row that was rolled back and may take as long again. */
  void setAside(Chunk<R> chunk, long pauseNanos) {
    buffer.lock.lock();
    try {
      if (queue.chunk != chunk) {
        return;
      }
      chunk.tries++;
      chunk.mayStand = false;
      chunk.retryAtNanos = nanos.getAsLong() + pauseNanos;
      queue.setAside();
      queue.wake.signal();
      buffer.progress.signalAll();
    } finally {
      buffer.lock.unlock();
    }
  }

  /**
   * Lets the other rows of a chunk that was rolled back go on without this one, and later rows of
   * its key wait for it.
   *
   * @return false if it is the only row, or too many are set aside already
   */
  boolean setAside(Chunk<R> chunk, BufferedRow<R> row, long pauseNanos) {
    buffer.lock.lock();
    try {
      if (queue.chunk != chunk) {
        return true; // and the closing thread has taken it
      }
      if (chunk.rows.size() == 1 || queue.chunksAside() >= MAX_ASIDE) {
        return false;
      }
      chunk.tries++;
      chunk.mayStand = false;
      chunk.retryAtNanos = nanos.getAsLong();
      queue.setAside(chunk, row).retryAtNanos += pauseNanos;
      queue.wake.signal();
      buffer.progress.signalAll();
      return true;
    } finally {
      buffer.lock.unlock();
    }
  }

  /**
   * Records the outcome of a chunk and frees its space.
   *
   * @return false if another thread has decided it (B3)
   */
  boolean decide(Chunk<R> chunk, List<RejectedRow<R>> refusals) {
    buffer.lock.lock();
    try {
      if (queue.chunk != chunk) {
        return false;
      }
      queue.chunk = null;
      queue.decided = chunk;
      buffer.accounts.flushed(chunk.rows.size() - refusals.size());
      buffer.accounts.rejected(refusals.size());
      if (chunk.answered) {
        acknowledgements.record(chunk.rows, refusals); // B5
      }
      buffer.free(chunk.bytes);
      return true;
    } finally {
      buffer.lock.unlock();
    }
  }

  /** Lets threads that wait for the chunk's rows go on, once its rejections are reported. */
  void settle(Chunk<R> chunk) {
    buffer.lock.lock();
    try {
      queue.settled += chunk.rows.size();
      queue.decided = null;
      buffer.progress.signalAll();
    } finally {
      buffer.lock.unlock();
    }
  }

  /** Stops the writer: no statement can succeed. Keeps waiting rows for the closing thread (B4). */
  void stop(Throwable cause) {
    buffer.lock.lock();
    try {
      if (buffer.stoppedBy == null) {
        buffer.stoppedBy = cause;
      }
      buffer.wakeAll();
    } finally {
      buffer.lock.unlock();
    }
  }

  /**
   * Records the worker's end. If it was stopped, callers that wait for its rows learn of it (B4).
   */
  void end() {
    buffer.lock.lock();
    try {
      buffer.ended++;
      if (buffer.stoppedBy != null) {
        buffer.rejectAnswered(queue, Reason.STOPPED, buffer.stoppedBy);
      }
      buffer.progress.signalAll();
    } finally {
      buffer.lock.unlock();
    }
  }
}
