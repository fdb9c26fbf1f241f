package io.perfkit.jobs;

import static io.perfkit.jobs.PostgresCalls.id;
import static io.perfkit.jobs.PostgresCalls.query;
import static io.perfkit.jobs.PostgresCalls.update;
import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Jobs in PostgreSQL 13 or later. A node that runs jobs keeps one connection of the pool, for
 * heartbeats and wake-ups; each call takes another one for a short transaction of its own, whatever
 * the pool's auto-commit and isolation are. Thread safe.
 *
 * <p>The tables {@code perf_jobs_…} lie in the first schema of the connections' search path, and
 * are shared by applications, which do not see each other.
 */
public final class PostgresStore extends JobStore {
  private static final long NOTIFY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long PLACE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final String application;
  private final PostgresTransactions transactions;
  private final LongSupplier nanos;
  private final int app;
  private final PostgresKeys keys;
  private final PostgresEnqueue enqueue;
  private final PostgresClaims claims;
  private final PostgresListener listener;
  private final List<Consumer<String>> workListeners = new CopyOnWriteArrayList<>();
  private final Map<String, Long> notified = new ConcurrentHashMap<>();
  private final WorkSignal place = new WorkSignal(1);
  private volatile boolean listening;

  private PostgresStore(
      DataSource dataSource, String application, boolean mayCreate, LongSupplier nanos) {
    this.application = JobType.requireName("application", application);
    this.nanos = nanos;
    this.transactions = new PostgresTransactions(dataSource);
    this.app =
        transactions.run(
            "find the tables of jobs",
            connection -> {
              PostgresSchema.require(connection, mayCreate);
              return query(
                      connection, PostgresSql.APP, row -> row.getInt(1), application, application)
                  .get(0);
            });
    this.keys = new PostgresKeys(app);
    this.enqueue = new PostgresEnqueue(app, keys, nanos);
    this.claims = new PostgresClaims(app, keys, nanos);
    this.listener = new PostgresListener(dataSource, application, this::heard);
  }

  /**
   * The jobs of an application. Makes the tables if they are missing; several nodes may do so at
   * once.
   *
   * @param application 1 to 100 letters, digits, dots, dashes and underscores: staging and
   *     production on one database have different ones
   * @throws StoreFailed if the database does not answer, or the role may not make tables
   * @throws IllegalStateException if the tables are of another version
   */
  public static PostgresStore create(DataSource dataSource, String application) {
    return new PostgresStore(
        requireNonNull(dataSource, "dataSource"), application, true, System::nanoTime);
  }

  /**
   * The jobs of an application in tables that are there, made by the statements of {@link #schema}.
   *
   * @throws IllegalStateException if they are missing or of another version
   * @throws StoreFailed if the database does not answer
   */
  public static PostgresStore existing(DataSource dataSource, String application) {
    return new PostgresStore(
        requireNonNull(dataSource, "dataSource"), application, false, System::nanoTime);
  }

  /** The SQL that makes the tables, for hosts that migrate with Flyway or Liquibase. */
  public static String schema() {
    return PostgresSchema.sql();
  }

  @Override
  String application() {
    return application;
  }

  @Override
  boolean keepsObjects() {
    return false;
  }

  @Override
  List<Stored> enqueue(String queue, int capacity, List<NewJob> jobs) {
    boolean tell = tellsOthers(queue);
    List<Stored> stored =
        transactions.run(
            "store jobs",
            connection -> {
              List<Stored> answers = enqueue.store(connection, queue, capacity, jobs, true);
              if (tell) {
                tell(connection, queue);
              }
              return answers;
            });
    claims.added(queue, jobs);
    hasWork(queue);
    return stored;
  }

  @Override
  List<Stored> enqueue(Connection connection, String queue, int capacity, List<NewJob> jobs) {
    try {
      List<Stored> answers = enqueue.store(connection, queue, capacity, jobs, false);
      tell(connection, queue); // delivered at the commit, to this node too
      claims.added(queue, jobs);
      return answers;
    } catch (SQLException failed) {
      throw new StoreFailed("PostgreSQL failed to store jobs in the transaction", failed);
    }
  }

  /** At most 20 times a second for a queue; NOTIFY takes a lock of the whole server. */
  private boolean tellsOthers(String queue) {
    long now = nanos.getAsLong();
    Long last = notified.get(queue);
    if (last != null && now - last < NOTIFY_NANOS) {
      return false;
    }
    notified.put(queue, now);
    return true;
  }

  private void tell(Connection connection, String queue) throws SQLException {
    query(
        connection,
        "select pg_notify('" + PostgresListener.CHANNEL + "', ?)",
        row -> row.getRow(),
        app + ":" + queue);
  }

  private void heard(String text) {
    String mine = app + ":";
    if (text.startsWith(mine)) {
      hasWork(text.substring(mine.length()));
    }
  }

  private void hasWork(String queue) {
    for (Consumer<String> each : workListeners) {
      each.accept(queue);
    }
  }

  @Override
  void awaitPlace(String queue, int capacity, long waitNanos) throws InterruptedException {
    place.await(Math.min(waitNanos, PLACE_NANOS));
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
  }

  @Override
  long join(String node, Duration lease) {
    if (!listening) {
      listening = true;
      try {
        listener.start();
      } catch (SQLException failed) {
        listening = false;
        throw new StoreFailed("PostgreSQL gave no connection for the heartbeats", failed);
      }
    }
    return transactions.run(
        "join",
        connection ->
            query(connection, PostgresSql.JOIN, row -> row.getLong(1), node, app, seconds(lease))
                .get(0));
  }

  private static double seconds(Duration span) {
    return TimeUnit.MILLISECONDS.convert(span) / 1_000.0;
  }

  @Override
  Beat beat(long owner, Duration lease) {
    Set<JobId> cancelled = new HashSet<>();
    List<Boolean> rows =
        listener.run(
            "renew a lease",
            connection ->
                query(
                    connection,
                    PostgresSql.BEAT,
                    row -> {
                      UUID id = row.getObject(1, UUID.class);
                      return id != null && cancelled.add(new JobId(id));
                    },
                    seconds(lease),
                    owner));
    return rows.isEmpty() ? Beat.FENCED : new Beat(false, cancelled);
  }

  @Override
  StepReply step(long owner, List<Completion> completions, @Nullable ClaimRequest claim) {
    StepReply reply =
        transactions.run(
            claim == null ? "complete jobs" : "claim jobs",
            connection -> {
              List<Boolean> accepted =
                  completions.isEmpty() ? List.of() : claims.complete(connection, completions);
              return claim == null
                  ? new StepReply(
                      accepted.contains(false) && !PostgresClaims.lives(connection, owner),
                      accepted,
                      List.of(),
                      Long.MAX_VALUE)
                  : claims.claim(connection, owner, accepted, claim);
            });
    for (Completion completion : completions) {
      if (completion.delayMillis() > 0) {
        claims.dueIn(completion.job().queue(), completion.delayMillis());
      }
    }
    return reply;
  }

  @Override
  void completeIn(Connection connection, ClaimedJob job) {
    try {
      if (!claims.complete(connection, List.of(Completion.done(job))).get(0)) {
        throw new JobCancelled(job.id(), CancelReason.LEASE_LOST);
      }
    } catch (SQLException failed) {
      throw new StoreFailed("PostgreSQL failed to complete a job in the transaction", failed);
    }
  }

  @Override
  void disown(long owner, long claim) {
    transactions.run(
        "give back a claim",
        connection -> claims.takeBack(connection, owner, claim, 0, Integer.MAX_VALUE));
  }

  @Override
  void leave(long owner) {
    Set<String> touched =
        transactions.run(
            "leave",
            connection -> {
              update(connection, PostgresSql.DROP_OWNER, owner);
              return claims.takeBack(connection, owner, null, 0, Integer.MAX_VALUE).queues();
            });
    touched.forEach(this::hasWork);
  }

  @Override
  Maintained maintain(int maxCrashes, Duration keepDead) {
    Set<String> touched = new TreeSet<>();
    Maintained done =
        transactions.run(
            "rescue jobs",
            connection -> {
              int rescued = 0;
              int dead = 0;
              for (Long owner :
                  query(connection, PostgresSql.EXPIRED, row -> row.getLong(1), app)) {
                update(connection, PostgresSql.DROP_OWNER, owner);
                PostgresClaims.TakenBack taken =
                    claims.takeBack(connection, owner, null, 1, maxCrashes);
                touched.addAll(taken.queues());
                rescued += taken.jobs();
                dead += taken.dead();
              }
              return new Maintained(rescued, dead, 0);
            });
    touched.forEach(this::hasWork);
    int purged =
        transactions.run(
            "tidy up",
            connection -> {
              update(connection, PostgresSql.PURGE_UNIQUE, app);
              update(connection, PostgresSql.FOLD_COUNTS, app);
              repairKeys(connection);
              return update(connection, PostgresSql.PURGE_DEAD, seconds(keepDead), app);
            });
    return new Maintained(done.rescued(), done.dead(), purged);
  }

  /** A job of a transaction that could not see others may wait for a key that is free. */
  private void repairKeys(Connection connection) throws SQLException {
    Map<String, Set<String>> stuck = new TreeMap<>();
    query(
        connection,
        PostgresSql.STUCK_KEYS,
        row ->
            stuck
                .computeIfAbsent(row.getString(1), unused -> new TreeSet<>())
                .add(row.getString(2)),
        app);
    for (Map.Entry<String, Set<String>> queue : stuck.entrySet()) {
      keys.make(connection, queue.getKey(), queue.getValue());
      keys.grant(connection, queue.getKey(), queue.getValue());
    }
  }

  @Override
  Map<String, QueueCounts> counts(boolean ofRows) {
    Map<String, QueueCounts> all = new TreeMap<>();
    transactions.run(
        "count jobs",
        connection ->
            query(
                connection,
                ofRows ? PostgresSql.COUNTS_OF_ROWS : PostgresSql.COUNTS_DERIVED,
                row -> all.put(row.getString(1), counts(row)),
                app));
    return all;
  }

  private static QueueCounts counts(ResultSet row) throws SQLException {
    return new QueueCounts(
        row.getLong(2),
        row.getLong(3),
        row.getLong(4),
        row.getLong(5),
        row.getLong(6),
        row.getLong(7),
        row.getLong(8),
        row.getLong(9),
        row.getLong(10),
        row.getLong(11),
        row.getLong(12),
        row.getLong(13),
        row.getLong(14),
        row.getLong(15),
        row.getLong(16));
  }

  @Override
  Instant now() {
    return transactions
        .run(
            "tell the time",
            connection ->
                query(
                    connection,
                    "select clock_timestamp()",
                    row -> row.getObject(1, OffsetDateTime.class)))
        .get(0)
        .toInstant();
  }

  @Override
  boolean cancel(JobId id) {
    return transactions.run(
        "cancel a job",
        connection -> {
          List<QueueAndKey> found =
              query(connection, PostgresSql.JOB, QueueAndKey::of, id.value(), app);
          if (found.isEmpty()) {
            return false;
          }
          QueueAndKey job = found.get(0);
          if (job.key() != null) {
            keys.lock(connection, job.queue(), Set.of(job.key()));
          }
          List<Boolean> removed =
              query(connection, PostgresSql.REMOVE, row -> row.getBoolean(1), id.value(), app);
          if (removed.isEmpty()) {
            return update(connection, PostgresSql.ASK_TO_STOP, id.value(), app) == 1;
          }
          if (removed.get(0) && job.key() != null) {
            keys.free(connection, job.queue(), List.of(job.key()));
          }
          return true;
        });
  }

  private record QueueAndKey(String queue, @Nullable String key) {
    static QueueAndKey of(ResultSet row) throws SQLException {
      return new QueueAndKey(row.getString(1), row.getString(2));
    }
  }

  @Override
  List<DeadLetter> deadLetters(String queue, int max) {
    return transactions.run(
        "list dead letters",
        connection ->
            query(
                connection,
                PostgresSql.DEAD_LETTERS,
                row ->
                    new DeadLetter(
                        id(row, 1),
                        row.getString(2),
                        row.getString(3),
                        row.getInt(4),
                        DeadReason.valueOf(row.getString(5)),
                        row.getString(6),
                        row.getInt(7),
                        row.getInt(8),
                        row.getObject(9, OffsetDateTime.class).toInstant()),
                app,
                queue,
                max));
  }

  @Override
  boolean replay(JobId id) {
    List<QueueAndKey> replayed =
        transactions.run(
            "replay a dead letter",
            connection -> {
              List<QueueAndKey> risen =
                  query(connection, PostgresSql.REPLAY, QueueAndKey::of, id.value(), app);
              for (QueueAndKey job : risen) {
                if (job.key() != null) {
                  keys.make(connection, job.queue(), Set.of(job.key()));
                  keys.grant(connection, job.queue(), Set.of(job.key()));
                }
                tell(connection, job.queue());
              }
              return risen;
            });
    replayed.forEach(job -> hasWork(job.queue()));
    return !replayed.isEmpty();
  }

  @Override
  boolean deleteDead(JobId id) {
    return transactions.run(
        "delete a dead letter",
        connection -> update(connection, PostgresSql.DELETE_DEAD, id.value(), app) == 1);
  }

  @Override
  void onWork(Consumer<String> consumer) {
    workListeners.add(consumer);
  }

  /** Gives the connection for heartbeats back. The pool stays open. */
  @Override
  public void close() {
    workListeners.clear();
    if (listening) {
      listener.close();
    }
  }
}
