package io.perfkit.jobs;

import static io.perfkit.jobs.PostgresCalls.array;
import static io.perfkit.jobs.PostgresCalls.query;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/** Stores jobs, within a transaction. Thread safe. */
final class PostgresEnqueue {
  private static final long DEPTH_NANOS = 500_000_000;

  private final int app;
  private final PostgresKeys keys;
  private final LongSupplier nanos;
  private final Map<String, Depth> depths = new ConcurrentHashMap<>();

  /** How many jobs waited when somebody looked, and how many this node has added since. */
  private record Depth(long waiting, long atNanos) {}

  PostgresEnqueue(int app, PostgresKeys keys, LongSupplier nanos) {
    this.app = app;
    this.keys = keys;
    this.nanos = nanos;
  }

  /**
   * @param ours whether the transaction is short, so that it may take a lock
   */
  List<Stored> store(
      Connection connection, String queue, int capacity, List<NewJob> jobs, boolean ours)
      throws SQLException {
    long places = capacity - depth(connection, queue, capacity, jobs.size(), ours);
    List<Stored> answers = new ArrayList<>(jobs.size());
    List<NewJob> fitting = new ArrayList<>(jobs.size());
    for (NewJob job : jobs) {
      Stored answer = decide(connection, queue, job, fitting.size() < places);
      answers.add(answer);
      if (answer.accepted()) {
        fitting.add(job);
      }
    }
    if (fitting.isEmpty()) {
      return answers;
    }
    Set<JobId> stored = insert(connection, queue, fitting);
    for (int i = 0; i < answers.size(); i++) {
      JobId id = jobs.get(i).id();
      if (answers.get(i).accepted() && !stored.contains(id)) {
        answers.set(i, Stored.duplicateOf(id));
      }
    }
    return answers;
  }

  /** Asks the server only if the queue may be more than half full. */
  private long depth(Connection connection, String queue, int capacity, int adding, boolean ours)
      throws SQLException {
    if (capacity == Integer.MAX_VALUE) {
      return 0;
    }
    long now = nanos.getAsLong();
    Depth last = depths.get(queue);
    if (last != null
        && now - last.atNanos() < DEPTH_NANOS
        && last.waiting() + adding <= capacity / 2) {
      depths.put(queue, new Depth(last.waiting() + adding, last.atNanos()));
      return last.waiting();
    }
    long waiting = ask(connection, queue);
    if (ours && waiting + adding > capacity / 2) {
      query(
          connection,
          "select 1 from (select pg_advisory_xact_lock(?, hashtext(?))) l",
          row -> row.getInt(1),
          app,
          queue);
      waiting = ask(connection, queue);
    }
    depths.put(queue, new Depth(waiting + adding, now));
    return waiting;
  }

  private long ask(Connection connection, String queue) throws SQLException {
    return query(connection, PostgresSql.DEPTH, row -> row.getLong(1), app, queue).get(0);
  }

  private Stored decide(Connection connection, String queue, NewJob job, boolean place)
      throws SQLException {
    if (job.unique() == null) {
      return place ? Stored.ACCEPTED : Stored.FULL;
    }
    if (place) {
      long window = job.uniqueMillis();
      if (!query(
              connection,
              PostgresSql.TAKE_UNIQUE,
              row -> row.getRow(),
              app,
              queue,
              job.unique(),
              job.id().value(),
              window,
              window)
          .isEmpty()) {
        return Stored.ACCEPTED;
      }
    }
    List<JobId> holders =
        query(
            connection,
            PostgresSql.UNIQUE_HOLDER,
            row -> PostgresCalls.id(row, 1),
            app,
            queue,
            job.unique());
    return holders.isEmpty() ? Stored.FULL : Stored.duplicateOf(holders.get(0));
  }

  private Set<JobId> insert(Connection connection, String queue, List<NewJob> jobs)
      throws SQLException {
    Set<String> keyed =
        jobs.stream()
            .filter(job -> job.key() != null && job.delayMillis() == 0)
            .map(NewJob::key)
            .collect(Collectors.toCollection(TreeSet::new));
    if (!keyed.isEmpty()) {
      keys.make(connection, queue, keyed);
    }
    List<JobId> stored =
        query(
            connection,
            PostgresSql.INSERT,
            row -> PostgresCalls.id(row, 1),
            app,
            queue,
            array("uuid", jobs, job -> job.id().value()),
            array("text", jobs, NewJob::type),
            array("int4", jobs, NewJob::version),
            array("int4", jobs, job -> job.priority().index()),
            array("text", jobs, NewJob::key),
            array("int4", jobs, NewJob::perKey),
            array("text", jobs, NewJob::unique),
            array("int4", jobs, NewJob::maxAttempts),
            array("text", jobs, job -> Headers.text(job.headers())),
            array("bytea", jobs, NewJob::payload),
            array("int8", jobs, NewJob::delayMillis),
            app,
            queue);
    if (!keyed.isEmpty()) {
      keys.grant(connection, queue, keyed);
    }
    return new HashSet<>(stored);
  }
}
