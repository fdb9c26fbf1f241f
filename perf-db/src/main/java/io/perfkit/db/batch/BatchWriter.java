package io.perfkit.db.batch;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
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
 * Group commit for rows that come one by one: writes the rows of one table in batches, on threads
 * of its own. {@link #add} takes a row into a bounded buffer; it is written with others once enough
 * wait, or after an interval. Each accepted row is then flushed, rejected (given to the handler),
 * or handed back by {@link #close(Duration)}, exactly one of these, whatever happens to the
 * database; the counts of {@link #stats} add up at any time. Rows of one key are written in the
 * order in which they were added. Thread safe.
 *
 * <p>State lives in this JVM's heap: the rows that wait are lost with it.
 */
public abstract sealed class BatchWriter<R> implements AutoCloseable
    permits BufferedWriter, DirectWriter {

  BatchWriter() {}

  /**
   * A writer with default settings: it replaces the row of the same key, or only inserts where the
   * table has no key columns.
   *
   * @param rejectionHandler gets each row that was given up, on a thread of the writer, which
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
   * A writer that batches nothing: it writes each row on the thread that adds it, in a transaction
   * of its own, and tries it once. It starts no thread and keeps no row; stages are completed when
   * they are returned.
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
   * Accepts a row. Its columns are read now, on the caller's thread. Blocks as {@link OnFull} says
   * while the buffer is full, else not.
   *
   * @throws BufferFull if there is no space for it, or was none in time, or the thread was
   *     interrupted while it waited (its flag is kept); it was not accepted
   * @throws WriterStopped if the database refuses the statement itself; it was not accepted
   * @throws IllegalArgumentException if a value does not fit its column; it was not accepted
   * @throws IllegalStateException if the writer is closed; it was not accepted
   */
  public abstract void add(R row);

  /**
   * Accepts a row and tells when it is committed. It is written as soon as its worker is free,
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
  public abstract CompletionStage<@Nullable Void> addAcknowledged(R row);

  /**
   * Writes what was accepted before without waiting for more, and waits for it.
   *
   * @return false if not all of it was flushed or rejected in time, or the writer has stopped
   * @throws InterruptedException if the thread is interrupted; the rows are written all the same
   */
  public abstract boolean awaitFlushed(Duration within) throws InterruptedException;

  /** What became of the rows so far, and what it took. Costs one lock. */
  public abstract BatchStats stats();

  /** How the writer stands. Costs one lock. */
  public abstract BatchHealth health();

  /**
   * Closes within {@link BatchConfig#closeWithin()}. Rows that were not written by then go to the
   * rejection handler.
   */
  @Override
  public abstract void close();

  /**
   * Refuses rows from now on, writes those that wait, and ends the threads. Blocks until that is
   * done or the time is over, and a second more where a commit is under way. An interrupt ends the
   * writing at once; the flag is kept. The second time it only says again what became of the rows.
   *
   * @return the final counts and the rows that are not in the table, the caller's again
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
     * What two rows of one key become that wait at the same time, the earlier first; without it the
     * later one takes the other's place. It runs on a thread of the writer, and again when a row is
     * refused. A result of another key, or an exception, rejects the later row.
     */
    public Builder<R> merge(BinaryOperator<R> function) {
      merge = requireNonNull(function, "function");
      return this;
    }

    /** Tags the meters, and names the threads; default the table's name. */
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

    /** For tests of the tests: what a faulty statement would do. */
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
     * The same, switched off: see {@link BatchWriter#disabled}. No meters are registered.
     *
     * @throws SQLException as {@link #build}
     * @throws IllegalArgumentException as {@link #build}
     */
    public BatchWriter<R> buildDisabled() throws SQLException {
      return new DirectWriter<>(this, resolved());
    }

    private ResolvedTable<R> resolved() throws SQLException {
      try (Connection connection = dataSource.getConnection()) {
        return TableResolver.read(connection, table, config.onConflict());
      }
    }
  }
}
