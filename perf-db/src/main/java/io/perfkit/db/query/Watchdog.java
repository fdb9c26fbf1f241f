package io.perfkit.db.query;

import io.perfkit.db.query.Running.Execution;
import java.sql.Connection;
import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Periodically checks all borrowed connections for executions that run for too long: one thread,
 * and nothing is scheduled for an execution. Thread safe.
 */
final class Watchdog implements AutoCloseable {
  /**
   * Connections beyond that are not watched; only an application that leaks connections has so
   * many.
   */
  private static final int CONNECTIONS_MAX = 10_000;

  private static final long LOOK_MILLIS_MIN = 10;
  private static final long LOOK_MILLIS_MAX = 250;

  private final Set<Running> connections = ConcurrentHashMap.newKeySet();
  private final long stuckNanos;
  private final LongSupplier nanos;
  private final QueryLog log;
  private final CallSite callSite;
  private final Map<Running, Long> told = new WeakHashMap<>(); // by its thread only
  private final ScheduledExecutorService thread;

  Watchdog(Duration stuckAfter, LongSupplier nanos, QueryLog log, CallSite callSite) {
    this.stuckNanos = stuckAfter.toNanos();
    this.nanos = nanos;
    this.log = log;
    this.callSite = callSite;
    this.thread =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread made = new Thread(task, "perf-db-watchdog");
              made.setDaemon(true);
              return made;
            });
    long every = Math.min(LOOK_MILLIS_MAX, Math.max(LOOK_MILLIS_MIN, stuckAfter.toMillis() / 4));
    var unused = thread.scheduleWithFixedDelay(this::look, every, every, TimeUnit.MILLISECONDS);
  }

  void watch(Running connection) {
    if (connections.size() < CONNECTIONS_MAX) {
      connections.add(connection);
    }
  }

  void forget(Running connection) {
    connections.remove(connection);
  }

  private void look() {
    for (Iterator<Running> i = connections.iterator(); i.hasNext(); ) {
      Running connection = i.next();
      Execution execution = connection.execution();
      if (execution != null && isStuck(execution) && isNew(connection, execution)) {
        String place = callSite.find(execution.thread());
        if (Optional.ofNullable(connection.execution()).filter(execution::equals).isPresent()) {
          log.stillRunning(
              execution.query(),
              Duration.ofNanos(nanos.getAsLong() - execution.startNanos()),
              place);
        }
      }
    }
  }

  private boolean isStuck(Execution execution) {
    return nanos.getAsLong() - execution.startNanos() >= stuckNanos;
  }

  private boolean isNew(Running connection, Execution execution) {
    Long last = told.put(connection, execution.startNanos());
    return last == null || last != execution.startNanos();
  }

  /** The fingerprint that the connection runs or ran last. */
  Optional<String> lastStatement(Connection connection) {
    return connections.stream()
        .filter(one -> one.isOf(connection))
        .map(Running::lastStatement)
        .filter(statement -> !statement.isEmpty())
        .findFirst();
  }

  QueryHealth health() {
    int running = 0;
    int stuck = 0;
    long longest = 0;
    long now = nanos.getAsLong();
    for (Running connection : connections) {
      Execution execution = connection.execution();
      if (execution != null) {
        running++;
        stuck += isStuck(execution) ? 1 : 0;
        longest = Math.max(longest, now - execution.startNanos());
      }
    }
    return new QueryHealth(connections.size(), running, stuck, Duration.ofNanos(longest));
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
