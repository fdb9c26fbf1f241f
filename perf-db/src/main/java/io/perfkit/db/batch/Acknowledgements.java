package io.perfkit.db.batch;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.perfkit.db.DbException;
import io.perfkit.db.batch.Rejection.Reason;
import io.perfkit.db.internal.SqlState;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;

/**
 * Completes the stages of rows that callers wait for, once those rows are decided. One thread
 * completes them and runs only while there is something to complete. A dependent action is the
 * host's code and may be slow, but it holds up neither a worker nor a lock. Thread safe.
 */
final class Acknowledgements<R> implements AutoCloseable {
  private static final long IDLE_SECONDS = 10;

  /** How long the thread may go on completing stages once the writer is closed. */
  private static final long GRACE_SECONDS = 1;

  /** Decided rows, and those among them that were given up. */
  private record Outcome<R>(List<BufferedRow<R>> rows, List<RejectedRow<R>> refusals) {}

  private final String table;
  private final int limit;
  private final Semaphore free;
  private final Queue<Outcome<R>> recorded = new ConcurrentLinkedQueue<>();
  private final ThreadPoolExecutor deliverer;

  /**
   * @param limit most rows that callers may wait for at the same time
   */
  Acknowledgements(String table, int limit, ThreadFactory threads) {
    this.table = table;
    this.limit = limit;
    this.free = new Semaphore(limit);
    this.deliverer =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            SECONDS,
            new ArrayBlockingQueue<>(1), // what waits there will deliver all that is recorded
            threads,
            new ThreadPoolExecutor.DiscardPolicy());
    deliverer.allowCoreThreadTimeOut(true);
  }

  /**
   * Adds a row whose stage will be completed. Exceptions of {@code add} pass through.
   *
   * @throws BufferFull if too many stages are open because dependent actions of earlier ones take
   *     too long
   */
  void reserve(Runnable add) {
    if (!free.tryAcquire()) {
      throw new BufferFull(
          table
              + ": "
              + limit
              + " acknowledged rows are under way, or what hangs on their stages still runs"
              + " (expected: fewer)");
    }
    boolean added = false;
    try {
      add.run();
      added = true;
    } finally {
      if (!added) {
        free.release();
      }
    }
  }

  /** Records the outcome of some rows. Completes nothing yet, so the caller may hold a lock. */
  void record(List<BufferedRow<R>> rows, List<RejectedRow<R>> refusals) {
    recorded.add(new Outcome<>(rows, refusals));
  }

  /** Has the recorded outcomes delivered soon, by the thread. */
  void deliver() {
    if (!recorded.isEmpty()) {
      deliverer.execute(this::deliverRecorded);
    }
  }

  private void deliverRecorded() {
    for (Outcome<R> next = recorded.peek(); next != null; next = recorded.peek()) {
      deliver(next);
      recorded.poll(); // not before, so that close() sees it
      free.release((int) next.rows().stream().filter(row -> row.answer() != null).count());
    }
  }

  /** Fails the stages of refused rows first: completing a stage again changes nothing. */
  private void deliver(Outcome<R> outcome) {
    for (RejectedRow<R> refusal : outcome.refusals()) {
      Acknowledgement answer = refusal.row().answer();
      if (answer != null) {
        answer.completeExceptionally(failure(table, refusal));
      }
    }
    for (BufferedRow<R> row : outcome.rows()) {
      Acknowledgement answer = row.answer();
      if (answer != null) {
        answer.committed();
      }
    }
  }

  static DbException failure(String table, RejectedRow<?> refusal) {
    Throwable cause = refusal.cause();
    String last = cause == null ? "" : ", " + SqlState.name(cause);
    return refusal.reason() == Reason.OUTCOME_UNKNOWN
        ? new OutcomeUnknown(
            table + ": the commit of a row broke off" + last + "; it is in the table or not", cause)
        : new RowRejected(
            table + ": a row is rejected, " + refusal.reason() + last + "; it is not in the table",
            refusal.reason(),
            cause);
  }

  /** Completes all open stages, the last of them on the caller's thread if need be. */
  @Override
  public void close() {
    deliverer.shutdown();
    try {
      var unused = deliverer.awaitTermination(GRACE_SECONDS, SECONDS);
    } catch (InterruptedException impatient) {
      Thread.currentThread().interrupt();
    }
    recorded.forEach(this::deliver); // what the thread is at, too: it may be stuck in the middle
  }
}
