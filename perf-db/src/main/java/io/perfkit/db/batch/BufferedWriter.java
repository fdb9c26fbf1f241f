package io.perfkit.db.batch;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The batching writer: buffers rows, and writes and commits them in groups on its own threads.
 * Thread safe.
 */
final class BufferedWriter<R> extends BatchWriter<R> {
  /** How long to wait for the answer to a sent commit once the time to close is over. */
  private static final Duration COMMIT_GRACE = Duration.ofSeconds(1);

  private final String table;
  private final BatchConfig config;
  private final CurrentTable<R> current;
  private final Acknowledgements<R> acknowledgements;
  private final Buffer<R> buffer;
  private final List<Worker<R>> workers = new ArrayList<>();
  private final Reporter<R> reporter;
  private final LongSupplier nanos;
  private final @Nullable BatchMeters meters;
  private final ReentrantLock closing = new ReentrantLock();
  private volatile @Nullable CloseResult<R> closed;

  BufferedWriter(Builder<R> builder, ResolvedTable<R> resolved) {
    this.table = builder.table.name();
    this.config = builder.config;
    this.nanos = builder.nanos;
    ThreadFactory threads = builder.threads();
    this.acknowledgements = new Acknowledgements<>(table, config.maxBufferRows(), threads);
    this.buffer = new Buffer<>(config, nanos, acknowledgements);
    this.reporter = new Reporter<>(table, builder.rejectionHandler, nanos);
    if (!resolved.hasComparableKey()) {
      reporter.ordersByOneWorker(resolved.incomparableKey());
    }
    if (resolved.target().pooled()) {
      reporter.behindPooler();
    }
    this.current = builder.current(resolved, reporter);
    for (int i = 0; i < config.workers(); i++) {
      workers.add(
          new Worker<>(
              buffer.work(i),
              builder.dataSource,
              current,
              config,
              acknowledgements,
              reporter,
              nanos));
    }
    this.meters =
        builder.registry == null
            ? null
            : new BatchMeters(builder.registry, builder.name, table, this::stats);
    if (meters != null) {
      reporter.meters(meters);
    }
    workers.forEach(worker -> threads.newThread(worker).start());
  }

  @Override
  public void add(R row) {
    add(current.pending(requireNonNull(row, "row")));
  }

  @Override
  public CompletionStage<StoredRow> addAcknowledged(R row) {
    BufferedRow<R> pending = current.pending(requireNonNull(row, "row"));
    Acknowledgement answer = new Acknowledgement();
    try {
      acknowledgements.reserve(() -> add(pending.answeredBy(answer)));
    } catch (BufferFull | WriterStopped refused) {
      answer.completeExceptionally(refused);
    }
    return answer;
  }

  private void add(BufferedRow<R> pending) {
    boolean accepted =
        buffer.offer(pending)
            || switch (config.onFull()) {
              case BLOCK -> buffer.offer(pending, config.blockFor());
              case REJECT -> false;
              case CALLER_RUNS -> offerHelping(pending);
            };
    if (!accepted) {
      throw new BufferFull(
          table
              + ": "
              + buffer.counts().buffered()
              + " rows wait (expected: fewer than "
              + config.maxBufferRows()
              + " and less than "
              + config.maxBufferBytes()
              + " bytes)");
    }
  }

  private boolean offerHelping(BufferedRow<R> pending) {
    long deadline = nanos.getAsLong() + config.blockFor().toNanos();
    try {
      while (!buffer.offer(pending)) {
        long left = deadline - nanos.getAsLong();
        if (left <= 0) {
          return false;
        }
        Worker<R> longest = workers.get(buffer.longest());
        longest.help(left);
        buffer.awaitSpaceFor(pending, Math.min(left, longest.pauseNanos()));
      }
      return true;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public boolean awaitFlushed(Duration within) throws InterruptedException {
    return buffer.awaitSettled(within);
  }

  @Override
  public BatchStats stats() {
    return new BatchStats(buffer.counts(), reporter.retries(), reporter.handlerFailures());
  }

  @Override
  public BatchHealth health() {
    return buffer.health();
  }

  @Override
  public void close() {
    closing.lock();
    try {
      if (closed == null) {
        CloseResult<R> left = end(config.closeWithin());
        buffer.returnedAreRejected(left.returned().size());
        reporter.rejected(
            left.returned().stream()
                .map(row -> new Rejection<>(row, Rejection.Reason.CLOSED, null))
                .toList());
        closed = new CloseResult<>(buffer.counts(), List.of());
      }
    } finally {
      closing.unlock();
    }
    acknowledgements.close();
  }

  @Override
  public CloseResult<R> close(Duration within) {
    requireNonNull(within, "within");
    CloseResult<R> ended;
    closing.lock();
    try {
      ended = closed == null ? end(within) : closed;
    } finally {
      closing.unlock();
    }
    acknowledgements.close();
    return ended;
  }

  /** Guarded by {@code closing}. */
  private CloseResult<R> end(Duration within) {
    buffer.beginClose();
    boolean interrupted = false;
    try {
      if (!buffer.awaitEnded(within, false)) {
        endCommits();
      }
    } catch (InterruptedException impatient) {
      interrupted = true;
    }
    buffer.abandon();
    List<R> certain = new ArrayList<>();
    List<Rejection<R>> inDoubt = new ArrayList<>();
    buffer.takeLeft(certain, inDoubt);
    workers.forEach(Worker::abort);
    reporter.rejected(inDoubt);
    CloseResult<R> now = new CloseResult<>(buffer.counts(), certain);
    closed = now;
    if (meters != null) {
      meters.close();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return now;
  }

  private void endCommits() throws InterruptedException {
    buffer.abandon();
    var unused = buffer.awaitEnded(COMMIT_GRACE, true);
  }

  @Override
  public String toString() {
    return "BatchWriter[" + table + ", " + buffer.counts() + "]";
  }
}
