package io.perfkit.db.batch;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BinaryOperator;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Writes rows of one table in batches, on threads of its own. {@link #add} takes a row into a
 * bounded buffer; it is written with others once enough wait, or after an interval. Each accepted
 * row is then flushed, rejected (given to the handler), or handed back by {@link #close(Duration)},
 * exactly one of these, whatever happens to the database; {@link #accounts} add up at any time.
 * Rows of one key are written in the order in which they were added. Thread safe.
 *
 * <p>State lives in this JVM's heap: the rows that wait are lost with it.
 */
public final class BatchWriter<R> implements AutoCloseable {
  /** How long a commit that was sent may still be answered once the time to close is over. */
  private static final Duration COMMIT_GRACE = Duration.ofSeconds(1);

  private final String table;
  private final BatchConfig config;
  private final Target<R> target;
  private final Answers<R> answers;
  private final Buffer<R> buffer;
  private final List<Lane<R>> lanes = new ArrayList<>();
  private final Reporter<R> reporter;
  private final LongSupplier nanos;
  private final @Nullable BatchMeters meters;
  private final ReentrantLock closing = new ReentrantLock();
  private volatile @Nullable Closed<R> closed;

  private BatchWriter(Builder<R> builder, Target<R> target) {
    this.table = builder.table.name();
    this.config = builder.config;
    this.target = target;
    this.nanos = builder.nanos;
    ThreadFactory threads = builder.threads(table);
    this.answers = new Answers<>(table, config.bufferRows(), threads);
    this.buffer = new Buffer<>(config, nanos, answers);
    this.reporter = new Reporter<>(table, builder.rejectionHandler, nanos);
    RowStatement<R> statement =
        builder.statement.apply(RowStatement.of(target, (int) config.writeTimeout().toSeconds()));
    ChunkWriter<R> writer = new ChunkWriter<>(target, statement, builder.merge);
    for (int i = 0; i < config.lanes(); i++) {
      lanes.add(
          new Lane<>(
              buffer,
              buffer.queue(i),
              builder.dataSource,
              writer,
              target,
              config,
              answers,
              reporter,
              nanos));
    }
    this.meters =
        builder.registry == null ? null : new BatchMeters(builder.registry, table, this, reporter);
    if (meters != null) {
      reporter.meters(meters);
    }
    lanes.forEach(lane -> threads.newThread(lane).start());
  }

  /**
   * A writer that replaces the row of the same key, with default settings.
   *
   * @param rejectionHandler gets each row that was given up, on a thread of the writer, which
   *     writes nothing meanwhile
   * @throws SQLException if the database can't be asked about the table
   * @throws IllegalArgumentException if it has no such table, columns or unique index
   */
  public static <R> BatchWriter<R> upsert(
      DataSource dataSource, BatchTable<R> table, Consumer<? super Rejection<R>> rejectionHandler)
      throws SQLException {
    return builder(dataSource, table, rejectionHandler).upsert();
  }

  /** A builder for the other writers. */
  public static <R> Builder<R> builder(
      DataSource dataSource, BatchTable<R> table, Consumer<? super Rejection<R>> rejectionHandler) {
    return new Builder<>(dataSource, table, rejectionHandler);
  }

  /**
   * Accepts a row. Its columns are read now, on the caller's thread. Blocks as {@link OnFull} says
   * while the buffer is full, else not.
   *
   * @throws BufferFull if there is no space for it, or was none in time, or the thread was
   *     interrupted while it waited (its flag is kept); it was not accepted
   * @throws WriterStopped if the database refuses the statement itself; it was not accepted
   * @throws IllegalArgumentException if a value does not fit its column; it was not accepted
   * @throws IllegalStateException if the writer is closed; it was not accepted
   */
  public void add(R row) {
    add(target.pending(requireNonNull(row, "row"), nanos.getAsLong()));
  }

  /**
   * Accepts a row and tells when it is committed. It is written as soon as its lane is free,
   * together with whatever waits by then. Otherwise as {@link #add}, but what becomes of this row
   * is told to the stage alone: neither is it given to the rejection handler, nor handed back.
   *
   * <p>Stages are completed on a thread of the writer that does nothing else: what hangs on one and
   * takes long delays other stages, and once as many as the buffer holds are behind, further rows
   * are refused; it does not delay what is written. A time-out is the caller's; the row may be
   * written even so.
   *
   * @return completed after the commit, also of the later row of the same key that took its place.
   *     Fails with {@link RowRejected} or {@link OutcomeUnknown}, or, if the row was not accepted,
   *     with {@link BufferFull} or {@link WriterStopped}. None is open once the writer is closed.
   * @throws IllegalArgumentException if a value does not fit its column; it was not accepted
   * @throws IllegalStateException if the writer is closed; it was not accepted
   */
  public CompletionStage<@Nullable Void> addAcknowledged(R row) {
    Pending<R> pending = target.pending(requireNonNull(row, "row"), nanos.getAsLong());
    CompletableFuture<@Nullable Void> answer = new CompletableFuture<>();
    try {
      answers.reserve(() -> add(pending.answeredBy(answer)));
    } catch (BufferFull | WriterStopped refused) {
      answer.completeExceptionally(refused);
    }
    return answer;
  }

  private void add(Pending<R> pending) {
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
              + buffer.accounts().buffered()
              + " rows wait (expected: fewer than "
              + config.bufferRows()
              + " and less than "
              + config.bufferBytes()
              + " bytes)");
    }
  }

  private boolean offerHelping(Pending<R> pending) {
    long deadline = nanos.getAsLong() + config.blockFor().toNanos();
    try {
      while (!buffer.offer(pending)) {
        long left = deadline - nanos.getAsLong();
        if (left <= 0) {
          return false;
        }
        LaneQueue<R> longest = buffer.longest();
        lanes.get(longest.index).help(left);
        buffer.awaitSpace(Math.min(left, buffer.pauseNanos(longest)));
      }
      return true;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Writes what was accepted before without waiting for more, and waits for it.
   *
   * @return false if not all of it was flushed or rejected in time, or the writer has stopped
   * @throws InterruptedException if the thread is interrupted; the rows are written all the same
   */
  public boolean awaitFlushed(Duration within) throws InterruptedException {
    return buffer.awaitSettled(within);
  }

  /** What became of the rows so far. Costs one lock. */
  public Accounts accounts() {
    return buffer.accounts();
  }

  /** How the writer stands. Costs one lock. */
  public BatchHealth health() {
    return buffer.health();
  }

  /**
   * Closes within {@link BatchConfig#closeWithin()}. Rows that were not written by then go to the
   * rejection handler.
   */
  @Override
  public void close() {
    closing.lock();
    try {
      if (closed == null) {
        Closed<R> left = end(config.closeWithin());
        buffer.returnedAreRejected(left.returned().size());
        reporter.rejected(
            left.returned().stream()
                .map(row -> new Rejection<>(row, Rejection.Reason.CLOSED, null))
                .toList());
        closed = new Closed<>(buffer.accounts(), List.of());
      }
    } finally {
      closing.unlock();
    }
    answers.close();
  }

  /**
   * Refuses rows from now on, writes those that wait, and ends the threads. Blocks until that is
   * done or the time is over, and a second more where a commit is under way. An interrupt ends the
   * writing at once; the flag is kept. The second time it only says again what became of the rows.
   *
   * @return the final accounts and the rows that are not in the table, the caller's again
   */
  public Closed<R> close(Duration within) {
    requireNonNull(within, "within");
    Closed<R> ended;
    closing.lock();
    try {
      ended = closed == null ? end(within) : closed;
    } finally {
      closing.unlock();
    }
    answers.close();
    return ended;
  }

  /** Guarded by {@code closing}. */
  private Closed<R> end(Duration within) {
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
    lanes.forEach(Lane::abort);
    reporter.rejected(inDoubt);
    Closed<R> now = new Closed<>(buffer.accounts(), certain);
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
    return "BatchWriter[" + table + ", " + accounts() + "]";
  }

  /** Collects collaborators and rarer settings. One thread at a time. */
  public static final class Builder<R> {
    private final DataSource dataSource;
    private final BatchTable<R> table;
    private final Consumer<? super Rejection<R>> rejectionHandler;
    private BatchConfig config = BatchConfig.defaults();
    private @Nullable BinaryOperator<R> merge;
    private @Nullable ThreadFactory threads;
    private @Nullable MeterRegistry registry;
    private LongSupplier nanos = System::nanoTime;
    private UnaryOperator<RowStatement<R>> statement = UnaryOperator.identity();

    private Builder(
        DataSource dataSource,
        BatchTable<R> table,
        Consumer<? super Rejection<R>> rejectionHandler) {
      this.dataSource = requireNonNull(dataSource, "dataSource");
      this.table = requireNonNull(table, "table");
      this.rejectionHandler = requireNonNull(rejectionHandler, "rejectionHandler");
    }

    /** Default {@link BatchConfig#defaults()}. */
    public Builder<R> config(BatchConfig settings) {
      config = requireNonNull(settings, "settings");
      return this;
    }

    /**
     * What two rows of one key become that wait at the same time, the earlier first; without it the
     * later one takes the other's place. It runs on a thread of the writer, and again when a row is
     * refused. A result of another key, or an exception, rejects the later row.
     */
    public Builder<R> merge(BinaryOperator<R> function) {
      merge = requireNonNull(function, "function");
      return this;
    }

    /** Makes the threads of the lanes; default daemon platform threads. */
    public Builder<R> threads(ThreadFactory factory) {
      threads = requireNonNull(factory, "factory");
      return this;
    }

    /** Where the writer's meters are registered until it is closed; default none. */
    public Builder<R> meterRegistry(MeterRegistry meterRegistry) {
      registry = requireNonNull(meterRegistry, "meterRegistry");
      return this;
    }

    /** For tests of the tests: what a faulty statement would do. */
    Builder<R> statement(UnaryOperator<RowStatement<R>> replacement) {
      statement = replacement;
      return this;
    }

    private ThreadFactory threads(String name) {
      if (threads != null) {
        return threads;
      }
      AtomicInteger number = new AtomicInteger();
      return task -> {
        Thread thread = new Thread(task, "perf-db-batch-" + name + "-" + number.incrementAndGet());
        thread.setDaemon(true);
        return thread;
      };
    }

    /**
     * A writer that replaces the row of the same key. Reads the table's columns, with one
     * connection and two statements, and starts the threads.
     *
     * @throws SQLException if the database can't be asked about the table
     * @throws IllegalArgumentException if it has no such table, columns or unique index, or is none
     *     of PostgreSQL and H2
     */
    public BatchWriter<R> upsert() throws SQLException {
      return new BatchWriter<>(this, target(true));
    }

    /**
     * A writer that only inserts; a row whose key is taken is refused. Otherwise as {@link
     * #upsert}, on any database.
     *
     * @throws SQLException as above
     * @throws IllegalArgumentException as above
     */
    public BatchWriter<R> insert() throws SQLException {
      return new BatchWriter<>(this, target(false));
    }

    private Target<R> target(boolean upsert) throws SQLException {
      try (Connection connection = dataSource.getConnection()) {
        return TargetReader.read(connection, table, upsert);
      }
    }
  }
}
