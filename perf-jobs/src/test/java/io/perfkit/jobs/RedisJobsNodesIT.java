package io.perfkit.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.RedisGuard;
import io.perfkit.testing.Await;
import io.perfkit.testing.RedisProcess;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** Nodes in JVMs of their own are killed, frozen and drained while jobs run. */
final class RedisJobsNodesIT {
  private static final Duration SOON = Duration.ofSeconds(90);
  private static final long SECONDS = Long.getLong("perf.chaos.seconds", 5);

  private final RedisProcess server = RedisProcess.start();
  private final String uri = "redis://" + server.address();
  private final RedisClient redis = RedisClient.create(uri);
  private final RedisGuard guard = RedisKeys.patient(redis, SOON);
  private final List<Process> nodes = new ArrayList<>();

  @AfterEach
  void close() throws InterruptedException {
    for (Process node : nodes) {
      int unused = node.destroyForcibly().waitFor();
    }
    guard.close();
    redis.close();
    server.close();
  }

  private Process start(int failing) {
    try {
      Process node =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-Xmx96m",
                  "-cp",
                  classPath(),
                  RedisJobsNode.class.getName(),
                  uri,
                  Integer.toString(failing))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      nodes.add(node);
      BufferedReader out =
          new BufferedReader(new InputStreamReader(node.getInputStream(), StandardCharsets.UTF_8));
      assertThat(out.readLine()).isEqualTo("started");
      return node;
    } catch (IOException failed) {
      throw new IllegalStateException("starting a node", failed);
    }
  }

  /** That of this test: some launchers load it by a class loader of their own. */
  private static String classPath() {
    return RedisJobsNodesIT.class.getClassLoader() instanceof URLClassLoader loader
        ? Stream.of(loader.getURLs())
            .map(URL::getPath)
            .collect(Collectors.joining(File.pathSeparator))
        : System.getProperty("java.class.path");
  }

  private static void signal(String name, Process process) {
    try {
      Process kill =
          new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).inheritIO().start();
      assertThat(kill.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(kill.exitValue()).isZero();
    } catch (IOException failed) {
      throw new IllegalStateException("kill -" + name, failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("kill -" + name, interrupted);
    }
  }

  private Jobs producer() {
    return Jobs.builder(RedisStore.create(redis, RedisJobsNode.APPLICATION))
        .config(RedisJobsNode.config())
        .build();
  }

  private static void enqueue(Jobs jobs, int from, int to) {
    List<RedisJobsNode.Item> items = new ArrayList<>();
    for (int i = from; i < to; i++) {
      items.add(new RedisJobsNode.Item(i));
    }
    assertThat(jobs.enqueueAll(RedisJobsNode.ITEM, items)).hasSize(to - from);
  }

  private static void awaitDone(Jobs jobs, int number) {
    Await.until(number + " jobs are done", SOON, () -> jobs.audit().total().done() == number);
  }

  /** The law holds, each job ran, and each surplus run is owed to a rescue or a failed attempt. */
  private QueueCounts nothingIsLostOrDoneTwice(Jobs jobs, int number) {
    AuditReport audit = jobs.audit();
    QueueCounts total = audit.total();
    assertThat(audit.holds()).as("%s", audit).isTrue();
    assertThat(total.enqueued()).isEqualTo(number);
    assertThat(total.done()).isEqualTo(number);
    assertThat(total.waiting() + total.inFlight() + total.dead()).isZero();
    Map<String, String> runs = redis.hgetAll(RedisJobsNode.RUNS);
    assertThat(runs).hasSize(number);
    long all = runs.values().stream().mapToLong(Long::parseLong).sum();
    assertThat(all - number)
        .as("surplus runs, of %s", audit)
        .isGreaterThanOrEqualTo(total.retried())
        .isLessThanOrEqualTo(total.retried() + total.rescued());
    return total;
  }

  @Test
  void killedNodesLoseNoJobAndFinishNoneTwice() throws Exception {
    Random random = new Random(18);
    try (Jobs jobs = producer()) {
      List<Process> running = new ArrayList<>(List.of(start(50), start(50)));
      int stored = 0;
      long end = System.nanoTime() + Duration.ofSeconds(SECONDS).toNanos();
      do {
        long before = jobs.audit().total().done(); // not later, when all may have ended
        enqueue(jobs, stored, stored + 1_000);
        stored += 1_000;
        Await.until("jobs run", SOON, () -> jobs.audit().total().done() > before);
        Process victim = running.remove(random.nextInt(2));
        int unused = victim.destroyForcibly().waitFor();
        running.add(start(50));
      } while (System.nanoTime() < end);
      awaitDone(jobs, stored);
      QueueCounts total = nothingIsLostOrDoneTwice(jobs, stored);
      assertThat(total.rescued()).as("kills found jobs at work").isPositive();
      assertThat(total.retried()).isEqualTo(stored / 1_000 * 50L);
    }
  }

  @Test
  void aNodeThatIsFrozenPastItsLeaseChangesNothingWhenItWakes() {
    try (Jobs jobs = producer()) {
      Process frozen = start(0);
      enqueue(jobs, 0, 3_000);
      Await.until("jobs run", SOON, () -> jobs.audit().total().done() > 0);
      signal("STOP", frozen);
      Process other = start(0);
      awaitDone(jobs, 3_000);
      QueueCounts before = nothingIsLostOrDoneTwice(jobs, 3_000);
      assertThat(before.rescued()).isPositive();
      signal("CONT", frozen);
      Await.until("it reports late", SOON, () -> jobs.audit().total().stale() > 0);
      QueueCounts after = nothingIsLostOrDoneTwice(jobs, 3_000);
      assertThat(after.done()).isEqualTo(before.done());
      signal("KILL", other);
      enqueue(jobs, 3_000, 3_500);
      awaitDone(jobs, 3_500);
      QueueCounts unused = nothingIsLostOrDoneTwice(jobs, 3_500);
    }
  }

  @Test
  void aNodeThatIsTerminatedReturnsWhatItHasNotStarted() throws Exception {
    try (Jobs jobs = producer()) {
      for (int round = 1; round <= 3; round++) {
        Process node = start(0);
        long before = jobs.audit().total().done(); // as above
        enqueue(jobs, (round - 1) * 500, round * 500);
        Await.until("jobs run", SOON, () -> jobs.audit().total().done() > before);
        signal("TERM", node);
        assertThat(node.waitFor(60, TimeUnit.SECONDS)).isTrue();
        AuditReport audit = jobs.audit();
        assertThat(audit.holds()).as("%s", audit).isTrue();
        assertThat(audit.total().inFlight()).isZero();
      }
      Process unused = start(0);
      awaitDone(jobs, 1_500);
      QueueCounts total = nothingIsLostOrDoneTwice(jobs, 1_500);
      assertThat(total.rescued()).isZero();
      assertThat(redis.hlen(RedisJobsNode.RUNS)).isEqualTo(1_500);
    }
  }
}
