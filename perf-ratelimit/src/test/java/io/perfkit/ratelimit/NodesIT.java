package io.perfkit.ratelimit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.ratelimit.Envelope.Admission;
import io.perfkit.ratelimit.LimiterNode.Event;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Four JVMs and the threads of this one ask about one key. By the server's clock no bound is broken
 * by a single permit, and no request was refused that the oracle would have admitted.
 */
@RealRedis
final class NodesIT {
  private static final int NODES = 4;

  @Test
  void allNodesTogetherKeepTheLimitsAndRefuseNothingWithoutNeed(TestRedis server) throws Exception {
    long millis = Math.max(1_500, Long.getLong("perf.chaos.seconds", 5) * 300);
    List<Process> nodes = new ArrayList<>();
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < NODES; i++) {
      nodes.add(start(server, millis));
    }
    events.addAll(LimiterNode.run(server.uri(), server.prefix(), millis));
    for (Process node : nodes) {
      List<String> lines = new String(node.getInputStream().readAllBytes(), UTF_8).lines().toList();
      assertThat(node.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(lines).as("what a node said").hasSizeGreaterThan(100).endsWith("done");
      lines.subList(0, lines.size() - 1).forEach(line -> events.add(Event.parse(line)));
    }

    Map<String, List<Event>> byPolicy =
        events.stream()
            .sorted(Comparator.comparingLong(Event::time))
            .collect(Collectors.groupingBy(Event::policy));
    Envelope.check(
        (Limit.TokenBucket) LimiterNode.BUCKET.limit(), admissions(byPolicy.get("bucket")));
    Envelope.check(
        (Limit.SlidingWindow) LimiterNode.WINDOW.limit(), admissions(byPolicy.get("window")));
    Envelope.check(
        (Limit.SlidingWindow) LimiterNode.SEGMENTS.limit(), admissions(byPolicy.get("segments")));
    for (Plan.Part part : LimiterNode.PLAN.parts()) {
      replay(part.policy(), byPolicy.get(part.policy().name()));
    }
    assertThat(events.stream().filter(Event::admitted).count()).isGreaterThan(300);
    assertThat(events.stream().filter(event -> !event.admitted()).count()).isGreaterThan(300);
  }

  private static Process start(TestRedis server, long millis) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            classPath(),
            LimiterNode.class.getName(),
            server.uri().toString(),
            server.prefix(),
            Long.toString(millis))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /** Of these tests, be it that a launcher loads them by a class loader of its own. */
  private static String classPath() {
    return NodesIT.class.getClassLoader() instanceof URLClassLoader loader
        ? Stream.of(loader.getURLs()).map(URL::getPath).collect(Collectors.joining(":"))
        : System.getProperty("java.class.path");
  }

  private static List<Admission> admissions(List<Event> ordered) {
    return ordered.stream()
        .filter(Event::admitted)
        .map(event -> new Admission(event.time(), 1))
        .toList();
  }

  /** Scripts run one after the other and each takes some microseconds, so times don't tie. */
  private static void replay(Policy policy, List<Event> ordered) {
    Oracle oracle = Oracle.of(policy.limit());
    for (Event event : ordered) {
      boolean admits = oracle.look(event.time(), 1).retry() == 0;
      assertThat(event.code() == CheckResult.ADMITS).as("%s: %s", policy, event).isEqualTo(admits);
      if (event.admitted()) {
        oracle.take(event.time(), 1);
      }
    }
  }
}
