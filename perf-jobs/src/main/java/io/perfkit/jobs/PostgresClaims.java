package io.perfkit.jobs;

import static io.perfkit.jobs.PostgresCalls.array;
import static io.perfkit.jobs.PostgresCalls.id;
import static io.perfkit.jobs.PostgresCalls.query;
import static io.perfkit.jobs.PostgresCalls.texts;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** How jobs get an owner and lose it, within a transaction. Thread safe. */
final class PostgresClaims {
  private static final long PROMOTE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final int app;
  private final PostgresKeys keys;
  private final LongSupplier nanos;
  private final Map<String, Long> promoteAt = new ConcurrentHashMap<>();

  PostgresClaims(int app, PostgresKeys keys, LongSupplier nanos) {
    this.app = app;
    this.keys = keys;
    this.nanos = nanos;
  }

  /** This node stored delayed jobs. */
  void added(String queue, List<NewJob> jobs) {
    for (NewJob job : jobs) {
      if (job.delayMillis() > 0) {
        dueIn(queue, job.delayMillis());
      }
    }
  }

  /** A job of the queue will be due. */
  void dueIn(String queue, long millis) {
    long at = nanos.getAsLong() + TimeUnit.MILLISECONDS.toNanos(millis);
    promoteAt.merge(queue, at, (known, mine) -> known - mine < 0 ? known : mine);
  }

  static boolean lives(Connection connection, long owner) throws SQLException {
    return query(connection, PostgresSql.OWNER_LIVES, row -> row.getBoolean(1), owner).get(0);
  }

  /** Ends claims in the transaction of the connection. */
  List<Boolean> complete(Connection connection, List<Completion> completions) throws SQLException {
    String queue = completions.get(0).job().queue();
    Set<String> keyed = new TreeSet<>();
    for (Completion completion : completions) {
      if (completion.job().key() != null) {
        keyed.add(completion.job().key());
      }
    }
    if (!keyed.isEmpty()) {
      keys.lock(connection, queue, keyed);
    }
    Set<Long> mine = new HashSet<>();
    List<String> freed = new ArrayList<>();
    query(
        connection,
        PostgresSql.COMPLETE,
        row -> {
          mine.add(row.getLong(1));
          String key = row.getString(2);
          return key != null && freed.add(key);
        },
        array("int8", completions, completion -> completion.job().handle()),
        array("int8", completions, completion -> completion.job().owner()),
        array("int8", completions, completion -> completion.job().claim()),
        array("int4", completions, completion -> completion.kind().code()),
        array("int8", completions, Completion::delayMillis),
        array("text", completions, PostgresClaims::reason),
        array("text", completions, PostgresClaims::error),
        array("bool", completions, Completion::quiet),
        app,
        queue);
    keys.free(connection, queue, freed);
    return completions.stream()
        .map(completion -> mine.contains((Long) completion.job().handle()))
        .toList();
  }

  private static @Nullable String reason(Completion completion) {
    return completion.kind() == Completion.Kind.DEAD ? completion.deadReason().name() : null;
  }

  private static String error(Completion completion) {
    String error = completion.error();
    return error == null ? "" : error.replace('\0', '?');
  }

  /** Takes jobs in the transaction of the connection. */
  StepReply claim(Connection connection, long owner, List<Boolean> accepted, ClaimRequest claim)
      throws SQLException {
    promote(connection, claim.queue());
    int want = claim.want();
    List<Integer> priorities = new ArrayList<>();
    List<Integer> most = new ArrayList<>();
    List<Integer> past = new ArrayList<>();
    for (int i = 0; i < claim.quotas().size(); i++) {
      if (claim.quotas().get(i) > 0) {
        priorities.add(i);
        most.add(claim.quotas().get(i));
        past.add(0);
      }
    }
    for (int i = 0; i < claim.quotas().size(); i++) {
      priorities.add(i);
      most.add(want);
      past.add(claim.quotas().get(i));
    }
    List<ClaimedJob> claimed =
        query(
            connection,
            PostgresSql.CLAIM,
            row -> claimed(row, owner, claim),
            owner,
            array("int4", priorities, number -> number),
            array("int4", most, number -> number),
            array("int4", past, number -> number),
            app,
            claim.queue(),
            texts(claim.types()),
            want,
            owner,
            claim.claim(),
            app,
            claim.queue());
    if (!claimed.isEmpty()) {
      return new StepReply(false, accepted, claimed, Long.MAX_VALUE);
    }
    return new StepReply(
        !lives(connection, owner), accepted, claimed, nextDue(connection, claim.queue()));
  }

  /** Makes delayed jobs ready if one may be due, by what this node knows or once a second. */
  private void promote(Connection connection, String queue) throws SQLException {
    long now = nanos.getAsLong();
    Long at = promoteAt.get(queue);
    if (at != null && now - at < 0) {
      return;
    }
    promoteAt.put(queue, now + PROMOTE_NANOS);
    Set<String> waiting = new TreeSet<>();
    List<Boolean> promoted =
        query(
            connection,
            PostgresSql.PROMOTE,
            row -> {
              String key = row.getString(1);
              return key != null && waiting.add(key);
            },
            app,
            queue);
    if (!waiting.isEmpty()) {
      keys.make(connection, queue, waiting);
      keys.grant(connection, queue, waiting);
    }
    if (promoted.size() >= 500) {
      promoteAt.put(queue, now);
    }
  }

  private long nextDue(Connection connection, String queue) throws SQLException {
    Long millis =
        query(
                connection,
                PostgresSql.NEXT_DUE,
                row -> {
                  double until = row.getDouble(1);
                  return row.wasNull() ? Long.MAX_VALUE : (long) Math.max(0, until);
                },
                app,
                queue)
            .get(0);
    if (millis != Long.MAX_VALUE) {
      dueIn(queue, millis);
    }
    return millis;
  }

  private static ClaimedJob claimed(ResultSet row, long owner, ClaimRequest claim)
      throws SQLException {
    return new ClaimedJob(
        id(row, 2),
        claim.queue(),
        row.getString(3),
        row.getInt(4),
        Priority.of(row.getInt(5)),
        row.getString(6),
        owner,
        claim.claim(),
        row.getInt(7),
        row.getInt(8),
        row.getInt(9),
        Headers.parse(row.getString(10)),
        row.getBytes(11),
        Math.max(0, (long) (row.getDouble(13) * 1e9)),
        row.getLong(1));
  }

  /** What was taken from an owner. */
  record TakenBack(Set<String> queues, int jobs, int dead) {}

  TakenBack takeBack(
      Connection connection, long owner, @Nullable Long claim, int crash, int maxCrashes)
      throws SQLException {
    Set<String> queues = new TreeSet<>();
    Map<String, List<String>> freed = new TreeMap<>();
    List<Boolean> died =
        query(
            connection,
            PostgresSql.TAKE_BACK,
            row -> {
              queues.add(row.getString(1));
              String key = row.getString(3);
              if (row.getBoolean(2) && key != null) {
                freed.computeIfAbsent(row.getString(1), unused -> new ArrayList<>()).add(key);
              }
              return row.getBoolean(2);
            },
            owner,
            claim,
            crash,
            maxCrashes);
    for (Map.Entry<String, List<String>> queue : freed.entrySet()) {
      keys.free(connection, queue.getKey(), queue.getValue());
    }
    int dead = (int) died.stream().filter(dies -> dies).count();
    return new TakenBack(queues, died.size(), dead);
  }
}
