package io.perfkit.db.query;

import org.jspecify.annotations.Nullable;

/**
 * What one thread does for one purpose, such as a request: queries that repeat within it are found
 * whatever connections they take. Closed by the thread that opened it; one within another counts
 * for itself.
 */
public final class UnitOfWork implements AutoCloseable {
  private final ThreadLocal<UnitOfWork> current;
  private final @Nullable UnitOfWork outer;
  private final Repeats repeats;

  UnitOfWork(ThreadLocal<UnitOfWork> current, Repeats repeats) {
    this.current = current;
    this.outer = current.get();
    this.repeats = repeats;
    current.set(this);
  }

  Repeats repeats() {
    return repeats;
  }

  /** Tells what repeated. */
  @Override
  public void close() {
    if (outer == null) {
      current.remove();
    } else {
      current.set(outer);
    }
    repeats.end();
  }
}
