package io.perfkit.db.query;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What one thread does for one purpose, such as a request: queries that repeat within it are found
 * whatever connections they take, and statements are counted. Closed by the thread that opened it;
 * one within another counts for itself.
 */
@SuppressWarnings("EnumOrdinal")
public final class UnitOfWork implements AutoCloseable {
  private final ThreadLocal<UnitOfWork> current;
  private final @Nullable UnitOfWork outer;
  private final RepeatDetector repeats;
  private final int[] counts = new int[Operation.values().length];

  UnitOfWork(ThreadLocal<UnitOfWork> current, RepeatDetector repeats) {
    this.current = current;
    this.outer = current.get();
    this.repeats = repeats;
    current.set(this);
  }

  RepeatDetector repeats() {
    return repeats;
  }

  /** A statement was executed, successfully or not. */
  void executed(Query query) {
    if (!query.isOwn()) {
      counts[query.operation().ordinal()]++;
    }
  }

  /**
   * Executions of one kind so far, failed ones too; a batch is one. By the thread that opened it.
   */
  public int executions(Operation operation) {
    return counts[operation.ordinal()];
  }

  /** Executions of any kind so far. */
  public int executions() {
    return Arrays.stream(counts).sum();
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
