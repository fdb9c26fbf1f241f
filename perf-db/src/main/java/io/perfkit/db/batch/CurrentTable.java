package io.perfkit.db.batch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A table as its database described it last, and what writes to it. A migration may change a
 * column's type while the writer runs, so the table is read again when a value or a statement no
 * longer fits, and when a write reports other types. Thread safe.
 */
final class CurrentTable<R> {
  /** Time between two reads that callers cause whose values don't fit. */
  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Reading<R> asked;
  private final Function<ResolvedTable<R>, ChunkWriter<R>> writers;
  private final Reporter<R> reporter;
  private final LongSupplier nanos;
  private final ReentrantLock reading = new ReentrantLock();
  private volatile ChunkWriter<R> writer;

  /** When a caller may have the table read again. Guarded by {@code reading}. */
  private long nextReadNanos;

  /** The table whose keys are other ones than the writer's, if any. Guarded by {@code reading}. */
  private @Nullable ResolvedTable<R> notFollowed;

  /**
   * @param table as it was read first
   * @param asked reads it again
   * @param writers makes what writes to a table that was read
   */
  CurrentTable(
      ResolvedTable<R> table,
      Reading<R> asked,
      Function<ResolvedTable<R>, ChunkWriter<R>> writers,
      Reporter<R> reporter,
      LongSupplier nanos) {
    this.asked = asked;
    this.writers = writers;
    this.reporter = reporter;
    this.nanos = nanos;
    this.nextReadNanos = nanos.getAsLong();
    this.writer = writers.apply(table);
  }

  /** Asks the database about the table. */
  @FunctionalInterface
  interface Reading<R> {
    ResolvedTable<R> read() throws SQLException;
  }

  /** What writes rows to the table as it is known now. */
  ChunkWriter<R> writer() {
    return writer;
  }

  /**
   * The row in the form that the buffer holds. Asks the database, at most once a second, whether
   * the table has changed if a value does not fit.
   *
   * @throws IllegalArgumentException if a value does not fit its column, or a key is null
   */
  BufferedRow<R> pending(R row) {
    ResolvedTable<R> known = writer.table();
    try {
      return known.pending(row, nanos.getAsLong());
    } catch (IllegalArgumentException misfit) {
      if (!changedSince(known, PAUSE_NANOS)) {
        throw misfit;
      }
      return writer.table().pending(row, nanos.getAsLong());
    }
  }

  /**
   * Whether a chunk that was rolled back, or whose statement was refused, is to be written again
   * for the table as it is now. Asks the database only if the attempt suggests a change: on
   * PostgreSQL each write reports the types.
   */
  boolean changedFor(Attempt<R> attempt, Chunk<R> chunk, ResolvedTable<R> known) {
    Exception failure = attempt.failure();
    boolean suggested =
        failure instanceof TableChanged
            || attempt.outcome() == Attempt.Outcome.STATEMENT_REFUSED
            || (attempt.outcome() == Attempt.Outcome.ROLLED_BACK
                && known.database() != Database.POSTGRESQL
                && !chunk.poisoned
                && failure != null
                && Fault.mayBeOfAType(failure));
    return suggested
        && (changedSince(known, 0) || (failure instanceof TableChanged && avoidNames(known)));
  }

  /**
   * Another client's statement answered in place of the writer's, since a pooler gave both one
   * name. Its transaction was rolled back.
   */
  private boolean avoidNames(ResolvedTable<R> known) {
    reading.lock();
    try {
      if (writer.table() == known && !known.target().pooled()) {
        writer = writers.apply(known.behindPooler());
        reporter.behindPooler();
      }
      return writer.table() != known;
    } finally {
      reading.unlock();
    }
  }

  private boolean changedSince(ResolvedTable<R> known, long pauseNanos) {
    if (pauseNanos == 0) {
      reading.lock();
    } else if (!reading.tryLock()) { // a caller of add waits for no other one's read
      return writer.table() != known;
    }
    try {
      if (writer.table() != known) {
        return true; // another thread has read it
      }
      if (pauseNanos > 0 && nanos.getAsLong() - nextReadNanos < 0) {
        return false;
      }
      ResolvedTable<R> fresh = read(known.target().pooled());
      nextReadNanos = nanos.getAsLong() + pauseNanos;
      if (fresh == null || fresh.isLike(known)) {
        return false;
      }
      return fresh.comparesKeysLike(known) ? replace(known, fresh) : keep(known, fresh);
    } finally {
      reading.unlock();
    }
  }

  @GuardedBy("reading")
  private boolean replace(ResolvedTable<R> known, ResolvedTable<R> fresh) {
    writer = writers.apply(fresh);
    reporter.tableChanged(fresh.columnsUnlike(known));
    return true;
  }

  /** Workers own keys by the former types, so these stay until a new writer is built. */
  @GuardedBy("reading")
  private boolean keep(ResolvedTable<R> known, ResolvedTable<R> fresh) {
    if (notFollowed == null || !fresh.isLike(notFollowed)) {
      notFollowed = fresh;
      reporter.tableNotFollowed(fresh.columnsUnlike(known));
    }
    ResolvedTable<R> kept = known.writtenTo(fresh);
    if (kept.isLike(known)) {
      return false;
    }
    writer = writers.apply(kept);
    return true;
  }

  private @Nullable ResolvedTable<R> read(boolean behindPooler) {
    try {
      ResolvedTable<R> fresh = asked.read();
      return behindPooler ? fresh.behindPooler() : fresh;
    } catch (SQLException | RuntimeException unreadable) {
      return null; // gone, or out of reach: what failed first is told
    }
  }
}
