package io.perfkit.db.query;

import io.perfkit.db.internal.Histogram;
import io.perfkit.db.internal.Timings;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Live counters of the executions of one fingerprint, or of all others. Thread safe. */
final class QueryStats {

  /* Invariants
   * S1  no count is ever lost: a thread that counts looks for a successor afterwards, and a thread
   *     that sets the successor drains afterwards, so one of the two moves the count. */
  private static final int ERROR_CLASSES_MAX = 64;

  private final Histogram executions = new Histogram();
  private final AtomicLong executeNanos = new AtomicLong();
  private final AtomicLong fetchNanos = new AtomicLong();
  private final AtomicLong readNanos = new AtomicLong();
  private final AtomicLong rows = new AtomicLong();
  private final ConcurrentHashMap<String, LongAdder> errors = new ConcurrentHashMap<>();
  private volatile @Nullable QueryStats successor;
  private volatile @Nullable SlowSample lastSlow;

  void executed(long nanos) {
    executions.record(nanos);
    executeNanos.getAndAdd(nanos);
    moveOn();
  }

  /** In addition to {@link #executed}. */
  void failed(Throwable failure) {
    String type = errorClass(failure);
    if (errors.size() >= ERROR_CLASSES_MAX && !errors.containsKey(type)) {
      type = "other";
    }
    errors.computeIfAbsent(type, key -> new LongAdder()).increment();
    moveOn();
  }

  void rows(int count) {
    rows.getAndAdd(count);
    moveOn();
  }

  /** Time inside the driver for rows that came after the execution. */
  void fetched(long nanos) {
    fetchNanos.getAndAdd(nanos);
    moveOn();
  }

  /** Time from the end of the execution until the result was closed. */
  void read(long nanos) {
    readNanos.getAndAdd(nanos);
    moveOn();
  }

  void slow(SlowSample sample) {
    lastSlow = sample;
  }

  @Nullable SlowSample lastSlow() {
    return lastSlow;
  }

  boolean retired() {
    return successor != null;
  }

  /** Moves everything counted so far, and from now on, to another one. */
  void retireTo(QueryStats other) {
    successor = other;
    moveOn();
  }

  private void moveOn() {
    QueryStats to = successor;
    if (to != null) {
      executions.drainTo(to.executions);
      to.executeNanos.addAndGet(executeNanos.getAndSet(0));
      to.fetchNanos.addAndGet(fetchNanos.getAndSet(0));
      to.readNanos.addAndGet(readNanos.getAndSet(0));
      to.rows.addAndGet(rows.getAndSet(0));
      errors.forEach(
          (type, count) ->
              to.errors.computeIfAbsent(type, key -> new LongAdder()).add(count.sumThenReset()));
    }
  }

  long executeNanos() {
    return executeNanos.get();
  }

  long calls() {
    return executions.count();
  }

  long rows() {
    return rows.get();
  }

  long failures() {
    return errors.values().stream().mapToLong(LongAdder::sum).sum();
  }

  Timings timings() {
    return executions.timings();
  }

  /** Snapshot of these figures, under a fingerprint. */
  QueryStatistics figures(String fingerprint, Operation operation, String callSite) {
    Map<String, Long> failures = new TreeMap<>();
    errors.forEach((type, count) -> failures.put(type, count.sum()));
    long execute = executeNanos.get();
    return new QueryStatistics(
        fingerprint,
        operation,
        timings(),
        failures,
        rows.get(),
        execute,
        fetchNanos.get(),
        execute + readNanos.get(),
        callSite,
        lastSlow);
  }

  /** The first two characters of the SQLSTATE. */
  private static String errorClass(Throwable failure) {
    if (failure instanceof SQLException sql) {
      String state = sql.getSQLState();
      return state == null || state.length() < 2 ? "unknown" : state.substring(0, 2);
    }
    return failure.getClass().getSimpleName();
  }
}
