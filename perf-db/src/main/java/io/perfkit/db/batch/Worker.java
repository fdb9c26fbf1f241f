package io.perfkit.db.batch;

import io.perfkit.db.batch.Attempt.Outcome;
import io.perfkit.db.batch.Rejection.Reason;
import io.perfkit.db.internal.OwnWork;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Writes the rows of one queue, chunk by chunk, and retries each chunk until it is decided. A
 * thread of the writer runs it; a caller that finds the buffer full may take a step. Thread safe.
 */
final class Worker<R> implements Runnable {
  private static final int PAUSE_DOUBLINGS = 6;

  /** The worker writes others this many times as long as one attempt of a slow row takes. */
  private static final int ASIDE_PAUSES = 4;

  /** Network time-out beyond the statement's own time-out, which normally ends it sooner. */
  static final Duration SILENCE = Duration.ofSeconds(5);

  /** Held by the thread that writes, so that chunks are written one after the other. */
  private final ReentrantLock writing = new ReentrantLock();

  private final QueueConsumer<R> work;
  private final DataSource dataSource;
  private final CurrentTable<R> table;
  private final BatchConfig config;
  private final Acknowledgements<R> acknowledgements;
  private final Reporter<R> reporter;
  private final LongSupplier nanos;
  private final ChunkSize size;
  private volatile @Nullable Connection connection;
  private volatile @Nullable Thread thread;

  Worker(
      QueueConsumer<R> work,
      DataSource dataSource,
      CurrentTable<R> table,
      BatchConfig config,
      Acknowledgements<R> acknowledgements,
      Reporter<R> reporter,
      LongSupplier nanos) {
    this.work = work;
    this.dataSource = dataSource;
    this.table = table;
    this.config = config;
    this.acknowledgements = acknowledgements;
    this.reporter = reporter;
    this.nanos = nanos;
    this.size = new ChunkSize(config.flushRows(), config.maxChunkRows());
  }

  @Override
  public void run() {
    thread = Thread.currentThread();
    try {
      while (work.await()) {
        writing.lock();
        try {
          step();
        } finally {
          writing.unlock();
        }
      }
    } catch (Throwable fatal) {
      work.stop(fatal);
      throw fatal;
    } finally {
      thread = null;
      work.end();
      acknowledgements.deliver();
    }
  }

  /** Takes one step on the caller's thread, if the worker is free in time. */
  void help(long nanosMax) throws InterruptedException {
    if (writing.tryLock(nanosMax, TimeUnit.NANOSECONDS)) {
      try {
        if (work.pauseNanos() == 0) {
          OwnWork.<RuntimeException>run(this::step);
        }
      } finally {
        writing.unlock();
      }
    }
  }

  /** How long the worker has nothing to do, unless rows are added; zero if it has. */
  long pauseNanos() {
    return work.pauseNanos();
  }

  /** Aborts what the worker's thread waits for: a connection, or an answer. */
  void abort() {
    Connection open = connection;
    Thread owner = thread;
    if (owner != null) {
      owner.interrupt();
    }
    if (open != null) {
      try {
        open.abort(Runnable::run);
      } catch (SQLException | RuntimeException unsupported) {
        // Then its own time-outs end it.
      }
    }
  }

  /** Makes one attempt at the oldest rows. */
  private void step() {
    Chunk<R> chunk = work.take(size.rows());
    if (chunk == null) {
      return;
    }
    long start = nanos.getAsLong();
    ChunkWriter<R> writer = table.writer();
    Attempt<R> attempt = attempt(chunk, writer);
    long took = nanos.getAsLong() - start;
    switch (attempt.outcome()) {
      case COMMITTED -> {
        if (chunk.inDoubt == null) {
          size.written(chunk.rows.size(), took);
          reporter.written(took);
        }
        decide(chunk, attempt.refusals());
      }
      case ROLLED_BACK, STATEMENT_REFUSED -> {
        if (table.changedFor(attempt, chunk, writer.table())) {
          chunk.poisoned = false;
          work.retryLater(chunk, mayStand(chunk), 0, chunk.rows.size());
        } else if (attempt.outcome() == Outcome.STATEMENT_REFUSED) {
          stop(chunk, start, attempt);
        } else {
          notWritten(chunk, start, attempt);
        }
      }
      case IN_DOUBT -> inDoubt(chunk, start, attempt);
      case ABANDONED -> {
        // The closing thread has taken the rows.
      }
    }
  }

  private Attempt<R> attempt(Chunk<R> chunk, ChunkWriter<R> writer) {
    Attempt<R> inDoubt = chunk.inDoubt;
    int silenceMillisMax = (int) config.writeTimeout().plus(SILENCE).toMillis();
    try (Borrowed borrowed = Borrowed.from(dataSource, silenceMillisMax)) {
      Connection open = borrowed.connection();
      connection = open;
      if (writer.table().target().pooled()) {
        borrowed.useUnnamedStatements();
      }
      return inDoubt != null && inDoubt.transaction() != null
          ? writer.prove(open, inDoubt, inDoubt.transaction())
          : writer.write(open, chunk, () -> work.beginCommit(chunk));
    } catch (SQLException | RuntimeException failure) { // there was no connection
      return inDoubt == null
          ? Attempt.notConnected(failure)
          : inDoubt.with(Outcome.IN_DOUBT, failure);
    } finally {
      connection = null;
    }
  }

  private void stop(Chunk<R> chunk, long start, Attempt<R> attempt) {
    Exception failure = failed(chunk, start, attempt);
    reporter.stopped(failure);
    if (mayStand(chunk)) {
      decide(chunk, chunk.refusals(Reason.OUTCOME_UNKNOWN));
    } else {
      work.retryLater(chunk, false, 0, chunk.rows.size());
    }
    work.stop(failure);
  }

  /** Where no outcome can be proved, an earlier attempt may have been committed nevertheless. */
  private static boolean mayStand(Chunk<?> chunk) {
    return chunk.inDoubt != null && chunk.inDoubt.transaction() == null;
  }

  private void notWritten(Chunk<R> chunk, long start, Attempt<R> attempt) {
    Exception failure = failed(chunk, start, attempt);
    boolean mayStand = mayStand(chunk);
    if (!mayStand) {
      chunk.inDoubt = null;
    }
    BufferedRow<R> apart = attempt.apart();
    if (apart != null && !mayStand && work.setAside(chunk, apart, pauseNanos(chunk))) {
      reporter.retried();
      return;
    }
    Fault fault = Fault.of(failure);
    if (fault.mayBeOfOneRow() && !chunk.poisoned) {
      chunk.poisoned = true;
      work.retryLater(chunk, mayStand, 0, chunk.rows.size());
      return;
    }
    if (exhausted(chunk)) {
      decide(chunk, chunk.refusals(mayStand ? Reason.OUTCOME_UNKNOWN : Reason.UNAVAILABLE));
      return;
    }
    if (fault == Fault.DATABASE && attempt.answered() && chunk.tries > 0) {
      chunk.poisoned = true; // a row can provoke errors that look like a failing database
    }
    reporter.retried();
    if (chunk.rows.size() == 1 && attempt.answered() && !mayStand) {
      long took = nanos.getAsLong() - start;
      work.setAside(chunk, Math.max(pauseNanos(chunk), ASIDE_PAUSES * took));
      return;
    }
    int next = chunk.rows.size();
    if (fault == Fault.CONTENTION) {
      size.tooMany();
      next = Math.max(1, next / 2);
    }
    work.retryLater(chunk, mayStand, pauseNanos(chunk), next);
  }

  private void inDoubt(Chunk<R> chunk, long start, Attempt<R> attempt) {
    var unused = failed(chunk, start, attempt);
    chunk.inDoubt = attempt;
    boolean provable = attempt.transaction() != null;
    if (exhausted(chunk) || (!provable && !table.writer().table().isRepeatable())) {
      decide(chunk, chunk.refusals(Reason.OUTCOME_UNKNOWN));
      return;
    }
    // An upsert that can't be proved is repeated: written twice, its rows are the same.
    reporter.retried();
    work.retryLater(chunk, true, pauseNanos(chunk), chunk.rows.size());
  }

  private static <R> Exception failed(Chunk<R> chunk, long start, Attempt<R> attempt) {
    Exception failure =
        attempt.failure() == null
            ? new IllegalStateException("a try failed without a failure")
            : attempt.failure();
    if (chunk.failure == null) {
      chunk.failingSinceNanos = start;
    }
    chunk.failure = failure;
    return failure;
  }

  private boolean exhausted(Chunk<R> chunk) {
    return nanos.getAsLong() - chunk.failingSinceNanos >= config.retryFor().toNanos();
  }

  /** Exponential backoff with jitter, so that workers do not retry together. */
  private long pauseNanos(Chunk<R> chunk) {
    int missing = Math.max(0, PAUSE_DOUBLINGS - chunk.tries);
    long whole = Math.max(2, config.maxRetryPause().toNanos() >> missing);
    return ThreadLocalRandom.current().nextLong(whole / 2, whole);
  }

  private void decide(Chunk<R> chunk, List<RejectedRow<R>> refusals) {
    if (work.decide(chunk, refusals)) {
      acknowledgements.deliver();
      reporter.rejected(
          refusals.stream()
              .filter(refusal -> refusal.row().answer() == null)
              .map(RejectedRow::rejection)
              .toList());
      work.settle(chunk);
    }
  }
}
