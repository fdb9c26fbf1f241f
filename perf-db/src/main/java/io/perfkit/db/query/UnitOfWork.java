package io.perfkit.db.query;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Scope of one thread's work for one purpose, such as a request: detects queries that repeat within
 * it, on whatever connections, and counts statements. Closed by the thread that opened it; a nested
 * one counts for itself.
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

  /** Ends the scope and reports the repeated queries. */
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
