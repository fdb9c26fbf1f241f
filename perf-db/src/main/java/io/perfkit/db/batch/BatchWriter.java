package io.perfkit.db.batch;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BinaryOperator;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Group commit for rows that arrive one by one: buffers rows of one table and writes them in
 * batches on its own threads. {@link #add} puts a row into a bounded buffer; a worker writes it
 * with others once enough rows wait, or after an interval. Each accepted row has exactly one
 * outcome, whatever happens to the database: it is flushed, rejected (given to the handler), or
 * handed back by {@link #close(Duration)}. The counts of {@link #stats} add up at any time. Rows of
 * one key are written in the order in which they were added. Thread safe.
 *
 * <p>State lives in this JVM's heap: if the JVM dies, buffered rows are lost.
 */
public abstract sealed class BatchWriter<R> implements AutoCloseable
    permits BufferedWriter, DirectWriter {

  BatchWriter() {}

  /**
   * A writer with default settings: it replaces the row of the same key, or only inserts where the
   * table has no key columns.
   *
   * @param rejectionHandler receives each row that was given up, on a thread of the writer, which
   *     writes nothing meanwhile
   * @throws SQLException if the database can't be asked about the table
   * @throws IllegalArgumentException if it has no such table, columns or unique index
   */
  public static <R> BatchWriter<R> create(
      DataSource dataSource, BatchTable<R> table, Consumer<? super Rejection<R>> rejectionHandler)
      throws SQLException {
    return builder(dataSource, table, rejectionHandler).build();
  }

  /** A builder; its parameters are those of {@link #create}. */
  public static <R> Builder<R> builder(
      DataSource dataSource, BatchTable<R> table, Consumer<? super Rejection<R>> rejectionHandler) {
    return new Builder<>(dataSource, table, rejectionHandler);
  }

  /**
   * A writer that batches nothing: it writes each row on the thread that adds it, in its own
   * transaction, and tries once. It starts no thread and buffers no row; it returns completed
   * stages.
   *
   * @throws SQLException as {@link #create}
   * @throws IllegalArgumentException as {@link #create}
   */
  public static <R> BatchWriter<R> disabled(
      DataSource dataSource, BatchTable<R> table, Consumer<? super Rejection<R>> rejectionHandler)
      throws SQLException {
    return builder(dataSource, table, rejectionHandler).buildDisabled();
  }

  /**
   * Accepts a row. Reads its columns now, on the caller's thread. Blocks only while the buffer is
   * full, as {@link OnFull} says, and for a value that does not fit its column: then it asks the
   * database, at most once a second, whether the column's type has changed.
   *
   * @throws BufferFull if the buffer has no space, or had none in time, or the thread was
   *     interrupted while it waited (its flag is kept); the row was not accepted
   * @throws WriterStopped if the database refuses the statement itself; it was not accepted
   * @throws IllegalArgumentException if a value does not fit its column; it was not accepted
   * @throws IllegalStateException if the writer is closed; it was not accepted
   */
  public abstract void add(R row);

  /**
   * Accepts a row and reports its commit. The worker writes it as soon as it is free, together with
   * the rows that wait by then. Otherwise as {@link #add}, but only the stage learns the outcome of
   * this row: it never goes to the rejection handler and is never handed back.
   *
   * <p>A thread of the writer that does nothing else completes the stages. A slow dependent action
   * delays other stages but no write; once as many stages are behind as the buffer holds rows,
   * further rows are refused. A caller that sets a time-out on the stage does not cancel the write.
   *
   * @return completes after the commit, also if that wrote a later row of the same key instead,
   *     with the columns of {@link BatchTable.Builder#returning}. Fails with {@link RowRejected} or
   *     {@link OutcomeUnknown}, or, if the row was not accepted, with {@link BufferFull} or {@link
   *     WriterStopped}. No stage is open once the writer is closed.
   * @throws IllegalArgumentException if a value does not fit its column; it was not accepted
   * @throws IllegalStateException if the writer is closed; it was not accepted
   */
  public abstract CompletionStage<StoredRow> addAcknowledged(R row);

  /**
   * Has all rows accepted before this call written without waiting for more, and blocks until they
   * are decided.
   *
   * @return false if not all of it was flushed or rejected in time, or the writer has stopped
   * @throws InterruptedException if the thread is interrupted; the rows are written nevertheless
   */
  public abstract boolean awaitFlushed(Duration within) throws InterruptedException;

  /** The outcome of the rows so far, and counts of retries and failures. Takes one lock. */
  public abstract BatchStats stats();

  /** The writer's health. Takes one lock. */
  public abstract BatchHealth health();

  /**
   * Closes within {@link BatchConfig#closeWithin()}. Rows that are not written by then go to the
   * rejection handler.
   */
  @Override
  public abstract void close();

  /**
   * Refuses further rows, writes those that wait, and ends the threads. Blocks until that is done
   * or the time is over, and a second longer while a commit is under way. An interrupt ends the
   * writing at once; the flag is kept. A second call only returns the same result.
   *
   * @return the final counts and the rows that were not written, which belong to the caller again
   */
  public abstract CloseResult<R> close(Duration within);

  /** Collects collaborators and rarer settings. One thread at a time. */
  public static final class Builder<R> {
    final DataSource dataSource;
    final BatchTable<R> table;
    final Consumer<? super Rejection<R>> rejectionHandler;
    BatchConfig config = BatchConfig.defaults();
    @Nullable BinaryOperator<R> merge;
    @Nullable ThreadFactory threads;
    @Nullable MeterRegistry registry;
    LongSupplier nanos = System::nanoTime;
    UnaryOperator<RowStatement<R>> statement = UnaryOperator.identity();

    String name;

    private Builder(
        DataSource dataSource,
        BatchTable<R> table,
        Consumer<? super Rejection<R>> rejectionHandler) {
      this.dataSource = requireNonNull(dataSource, "dataSource");
      this.table = requireNonNull(table, "table");
      this.name = table.name();
      this.rejectionHandler = requireNonNull(rejectionHandler, "rejectionHandler");
    }

    /** Default {@link BatchConfig#defaults()}. */
    public Builder<R> config(BatchConfig settings) {
      config = requireNonNull(settings, "settings");
      return this;
    }

    /**
     * Merges two rows of one key that wait at the same time, the earlier first; without it the
     * later row replaces the earlier. It runs on a thread of the writer, and again when a row is
     * refused. A result with another key, or an exception, rejects the later row.
     */
    public Builder<R> merge(BinaryOperator<R> function) {
      merge = requireNonNull(function, "function");
      return this;
    }

    /** Tags the meters and names the threads; default the table's name. */
    public Builder<R> name(String text) {
      name = requireNonNull(text, "text");
      return this;
    }

    /** Makes the threads of the workers; default daemon platform threads. */
    public Builder<R> threads(ThreadFactory factory) {
      threads = requireNonNull(factory, "factory");
      return this;
    }

    /** Where the writer's meters are registered until it is closed; default none. */
    public Builder<R> meterRegistry(MeterRegistry meterRegistry) {
      registry = requireNonNull(meterRegistry, "meterRegistry");
      return this;
    }

    /** For tests that prove a checker: replaces the statement by a faulty one. */
    Builder<R> statement(UnaryOperator<RowStatement<R>> replacement) {
      statement = replacement;
      return this;
    }

    ThreadFactory threads() {
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
     * Reads the table's columns, with one connection and three statements, and starts the threads.
     *
     * @throws SQLException if the database can't be asked about the table
     * @throws IllegalArgumentException if it has no such table, columns or unique index, or can't
     *     do what {@link BatchConfig#onConflict()} asks for, or if another writer on the meter
     *     registry has the name
     */
    public BatchWriter<R> build() throws SQLException {
      return new BufferedWriter<>(this, resolved());
    }

    /**
     * The writer switched off: see {@link BatchWriter#disabled}. No meters are registered.
     *
     * @throws SQLException as {@link #build}
     * @throws IllegalArgumentException as {@link #build}
     */
    public BatchWriter<R> buildDisabled() throws SQLException {
      return new DirectWriter<>(this, resolved());
    }

    CurrentTable<R> current(ResolvedTable<R> resolved, Reporter<R> reporter) {
      return new CurrentTable<>(resolved, this::resolved, this::chunkWriter, reporter, nanos);
    }

    private ChunkWriter<R> chunkWriter(ResolvedTable<R> resolved) {
      int seconds = (int) config.writeTimeout().toSeconds();
      return new ChunkWriter<>(
          resolved, statement.apply(RowStatement.of(resolved, seconds)), merge);
    }

    /** The table as its database describes it now. */
    private ResolvedTable<R> resolved() throws SQLException {
      int silenceMillisMax = (int) config.writeTimeout().plus(Worker.SILENCE).toMillis();
      try (Borrowed borrowed = Borrowed.from(dataSource, silenceMillisMax)) {
        return TableResolver.read(borrowed.connection(), table, config.onConflict());
      }
    }
  }
}
