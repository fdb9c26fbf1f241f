package io.perfkit.db.batch;

import static java.util.concurrent.TimeUnit.MINUTES;

import io.perfkit.db.internal.SqlState;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports what a writer does to the host: calls the rejection handler, counts, and logs. Thread
 * safe.
 */
final class Reporter<R> {
  private static final Logger LOG = LoggerFactory.getLogger("io.perfkit.db.batch.BatchWriter");

  private final String table;
  private final Consumer<? super Rejection<R>> handler;
  private final LongSupplier nanos;
  private final LongAdder retries = new LongAdder();
  private final LongAdder handlerFailures = new LongAdder();
  private final AtomicLong nextLogNanos;
  private volatile @Nullable BatchMeters meters;

  Reporter(String table, Consumer<? super Rejection<R>> handler, LongSupplier nanos) {
    this.table = table;
    this.handler = handler;
    this.nanos = nanos;
    this.nextLogNanos = new AtomicLong(nanos.getAsLong());
  }

  void meters(BatchMeters registered) {
    meters = registered;
  }

  long retries() {
    return retries.sum();
  }

  long handlerFailures() {
    return handlerFailures.sum();
  }

  void written(long tookNanos) {
    BatchMeters registered = meters;
    if (registered != null) {
      registered.written(tookNanos);
    }
  }

  void retried() {
    retries.increment();
  }

  /** Logs once, when the writer is built. */
  void ordersByOneWorker(List<String> columns) {
    LOG.info(
        "{}: which keys are equal in {} only the database knows, so one worker writes all rows"
            + " whose other key columns are equal, to keep their order",
        table,
        columns);
  }

  /** Logs once, when the writer is built. */
  void behindPooler() {
    LOG.warn(
        "{}: a pooler such as PgBouncer stands before the server; the writer gives prepared"
            + " statements no names there, and other users of the data source should not either"
            + " (prepareThreshold=0)",
        table);
  }

  /** Logs columns that have another type than before. */
  void tableChanged(List<String> columns) {
    LOG.info("{}: the table has changed, and rows are written with {}", table, columns);
  }

  /** Logs a change that needs a new writer. */
  void tableNotFollowed(List<String> columns) {
    LOG.warn(
        "{}: the table has changed, but rows are written as before, since other keys are equal now:"
            + " {} (build a new writer)",
        table,
        columns);
  }

  /** Logs the stop without the exception's message, which may quote values. */
  void stopped(Exception cause) {
    LOG.error("The batch writer of {} has stopped: {}", table, SqlState.name(cause));
  }

  /** Hands rejections to the handler. Counts what it throws, and logs it once a minute at most. */
  void rejected(List<Rejection<R>> rejections) {
    for (Rejection<R> rejection : rejections) {
      try {
        handler.accept(rejection);
      } catch (RuntimeException thrown) {
        handlerFailures.increment();
        long now = nanos.getAsLong();
        long next = nextLogNanos.get();
        if (now - next >= 0 && nextLogNanos.compareAndSet(next, now + MINUTES.toNanos(1))) {
          LOG.error(
              "The rejection handler of {} threw {} for {}; such rows are lost",
              table,
              thrown.getClass().getName(),
              rejection);
        }
      }
    }
  }
}
