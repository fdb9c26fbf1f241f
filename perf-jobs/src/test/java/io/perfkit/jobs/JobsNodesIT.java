package io.perfkit.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.perfkit.jobs.JobsNode.Work;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes in JVMs of their own are killed, frozen past their lease and cut off from PostgreSQL, while
 * jobs are stored. No job that was stored is lost, and none is finished twice.
 */
@RealPostgres
final class JobsNodesIT {
  private static final Duration DEADLINE = Duration.ofMinutes(2);
  private static final long SECONDS = Long.getLong("perf.chaos.seconds", 5);
  private static final String APPLICATION = "nodes";

  private final TestDatabase database;
  private final List<Process> nodes = new ArrayList<>();
  private int started;

  @TempDir private Path ledgers;

  JobsNodesIT(TestDatabase database) {
    this.database = database;
  }

  @AfterEach
  void endNodes() {
    nodes.forEach(Process::destroyForcibly);
  }

  private Process start() throws IOException {
    Process node =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
                "-cp",
                classPath(),
                JobsNode.class.getName(),
                database.jdbcUrl(),
                database.user(),
                database.password(),
                APPLICATION,
                ledgers.resolve("ledger-" + ++started).toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    nodes.add(node);
    return node;
  }

  /** Of these tests, be it that a launcher loads them by a class loader of its own. */
  private static String classPath() {
    return JobsNodesIT.class.getClassLoader() instanceof URLClassLoader loader
        ? Stream.of(loader.getURLs()).map(URL::getPath).collect(Collectors.joining(":"))
        : System.getProperty("java.class.path");
  }

  private static void signal(Process node, String name) throws Exception {
    int exit = new ProcessBuilder("kill", "-" + name, Long.toString(node.pid())).start().waitFor();
    assertThat(exit).isZero();
  }

  @Test
  void noStoredJobIsLostAndNoneIsFinishedTwice() throws Exception {
    boolean thorough = SECONDS >= 30;
    Random random = new Random(17);
    Set<JobId> acknowledged = new HashSet<>();
    try (HikariDataSource pool = Pools.of(database, 4, true);
        Jobs producer =
            Jobs.builder(PostgresStore.create(pool, APPLICATION))
                .config(JobsNode.config())
                .build()) {
      for (int i = 0; i < (thorough ? 8 : 2); i++) {
        start();
      }
      Faults faults = new Faults(random, pool);
      long end = System.nanoTime() + Duration.ofSeconds(SECONDS).toNanos();
      int rounds = 0;
      while (rounds < 3 || System.nanoTime() < end) {
        long done = done(producer);
        produce(producer, acknowledged, random);
        Await.until("some are done", DEADLINE, () -> done(producer) >= done + 40);
        faults.next(rounds++);
      }
      faults.end();
      Await.until(
          "all are done",
          DEADLINE,
          () -> {
            QueueCounts counts = producer.audit().total();
            return counts.waiting() == 0 && counts.inFlight() == 0;
          });
      for (Process node : nodes) {
        node.destroy();
      }
      for (Process node : nodes) {
        assertThat(node.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      }
      check(producer.audit(), acknowledged);
    }
  }

  private static long done(Jobs jobs) {
    return jobs.audit().total().done();
  }

  private static void produce(Jobs producer, Set<JobId> acknowledged, Random random) {
    for (int batch = 0; batch < 4; batch++) {
      List<Work> work = new ArrayList<>();
      for (int i = 0; i < 25; i++) {
        work.add(new Work(i));
      }
      String key = "key-" + random.nextInt(3);
      producer
          .enqueueAll(JobsNode.WORK, work, o -> random.nextBoolean() ? o.key(key) : o)
          .forEach(stored -> acknowledged.add(stored.id()));
    }
  }

  /** What happens to the nodes, one after the other. */
  private final class Faults {
    private final Random random;
    private final HikariDataSource pool;
    private Process frozen;
    private long thawAt;

    Faults(Random random, HikariDataSource pool) {
      this.random = random;
      this.pool = pool;
    }

    void next(int round) throws Exception {
      List<Process> awake =
          nodes.stream().filter(node -> node.isAlive() && node != frozen).toList();
      Process victim = awake.get(random.nextInt(awake.size()));
      switch (round % 3) {
        case 0 -> {
          victim.destroyForcibly().waitFor();
          start();
        }
        case 1 -> {
          thaw();
          signal(victim, "STOP");
          frozen = victim;
          thawAt = System.nanoTime() + JobsNode.LEASE.multipliedBy(3).toNanos();
          start();
        }
        default -> cutOff();
      }
    }

    /** All nodes but not this test's connections. */
    private void cutOff() {
      try (Connection connection = pool.getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname ="
                + " current_database() and application_name <> '"
                + Pools.TEST
                + "'");
      } catch (SQLException also) {
        throw new AssertionError(also);
      }
    }

    private void thaw() throws Exception {
      if (frozen != null) {
        Await.until("three leases passed", DEADLINE, () -> System.nanoTime() - thawAt > 0);
        signal(frozen, "CONT");
        frozen = null;
      }
    }

    void end() throws Exception {
      thaw();
    }
  }

  private void check(AuditReport audit, Set<JobId> acknowledged) throws IOException {
    QueueCounts counts = audit.total();
    assertThat(audit.holds()).as("%s", audit).isTrue();
    assertThat(counts.dead()).isZero();
    assertThat(counts.enqueued()).isEqualTo(acknowledged.size());
    assertThat(counts.done()).isEqualTo(counts.enqueued());
    Map<JobId, Integer> ends = new HashMap<>();
    long starts = 0;
    try (Stream<Path> files = Files.list(ledgers)) {
      for (Path file : files.toList()) {
        for (String line : Files.readAllLines(file)) {
          if (line.startsWith("end ")) {
            JobId id = JobId.parse(line.substring(4, line.indexOf(':')));
            ends.merge(id, 1, Integer::sum);
          } else {
            starts++;
          }
        }
      }
    }
    assertThat(ends.keySet()).as("each stored job was run").isEqualTo(acknowledged);
    long twice = ends.values().stream().mapToLong(number -> number - 1).sum();
    assertThat(twice).as("%s", counts).isLessThanOrEqualTo(counts.rescued());
    assertThat(starts).as("%s", counts).isLessThanOrEqualTo(counts.claimed());
    assertThat(counts.rescued()).as("the run rescued something").isPositive();
  }
}
