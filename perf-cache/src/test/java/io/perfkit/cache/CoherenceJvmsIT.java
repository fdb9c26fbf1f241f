package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.Await;
import io.perfkit.testing.FaultProxy;
import io.perfkit.testing.Pace;
import io.perfkit.testing.RedisProcess;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.RedisClient;

/**
 * As {@link CoherenceIT}, with each node in a JVM of its own behind a bad network, and one of them
 * killed in the middle. After each round no level may hold a version older than the last commit;
 * and during it no read may return one whose successor was told longer than {@code maxStaleness}
 * before the read began. Nodes that are known to break either must be seen to.
 */
final class CoherenceJvmsIT {
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final Duration BOUND = Duration.ofMillis(300);
  private static final int NODES = 4;
  private static final int SEEDS = 20;
  private static final long ROUND_MILLIS = 350;
  private static final long FOR_EVER = Duration.ofHours(1).toMillis();

  private final RedisProcess server = RedisProcess.start();
  private final RedisClient redis =
      RedisClient.create(server.address().getHost(), server.address().getPort());
  private final String prefix = "race:" + UUID.randomUUID();
  private final RaceDatabase database = new RaceDatabase(redis, prefix, "parent");
  private final List<Jvm> jvms = new ArrayList<>();
  private final ExecutorService chaos = Executors.newSingleThreadExecutor();

  @AfterEach
  void close() {
    chaos.shutdownNow();
    jvms.forEach(Jvm::close);
    redis.close();
    server.close();
  }

  /** The handle of a node's JVM, and the network before it. */
  private final class Jvm implements AutoCloseable {
    private final String name = UUID.randomUUID().toString();
    private final FaultProxy network = FaultProxy.to(server.address());
    private final Process process;
    private final PrintStream orders;
    private final BufferedReader answers;

    Jvm(String kind) {
      try {
        process =
            new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "-XX:+UseSerialGC",
                    "-Xmx128m",
                    "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                    "-cp",
                    classPath(),
                    RaceJvm.class.getName(),
                    kind,
                    name,
                    prefix,
                    "redis://" + server.address(),
                    "redis://" + network.address(),
                    Long.toString(BOUND.toMillis()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      orders = new PrintStream(process.getOutputStream(), true, UTF_8);
      answers = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
    }

    void order(String order) {
      orders.println(order);
    }

    String answer() {
      try {
        String line = answers.readLine();
        assertThat(line).as("an answer of a node that lives").isNotNull();
        return line;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** As {@code kill -9} does. */
    void kill() throws InterruptedException {
      assertThat(process.destroyForcibly().waitFor(10, TimeUnit.SECONDS)).isTrue();
    }

    @Override
    public void close() {
      process.destroyForcibly();
      network.close();
    }
  }

  private static String classPath() {
    return RaceJvm.class.getClassLoader() instanceof URLClassLoader urls
        ? Arrays.stream(urls.getURLs())
            .map(URL::getPath)
            .collect(Collectors.joining(File.pathSeparator))
        : System.getProperty("java.class.path");
  }

  private void start(String kind, int nodes) {
    for (int i = 0; i < nodes; i++) {
      jvms.add(new Jvm(kind));
    }
    jvms.forEach(jvm -> assertThat(jvm.answer()).isEqualTo("ready"));
  }

  @Test
  void noLevelKeepsAVersionOlderThanTheLastCommitAndNoReadIsLaterThanTheBound()
      throws Exception { // Cache I1, InvalidationChannel C3
    long rounds = Math.max(SEEDS, Long.getLong("perf.chaos.seconds", 5) * 1_000 / ROUND_MILLIS / 2);
    long seed = Long.getLong("perf.seed", System.nanoTime() % 1_000_000);
    start("perfkit", NODES);
    try (RedisClient client = RedisClient.create("redis://" + server.address());
        RaceNode reader =
            new PerfkitRaceNode(RaceJvm.caches(client, prefix), RaceJvm.config(BOUND))) {
      for (long round = 0; round < rounds; round++) {
        boolean kill = round % SEEDS == SEEDS / 2;
        List<String> ran = // with a kill for longer, so that the others run on after it
            run(
                seed + round,
                kill ? 2 * ROUND_MILLIS : ROUND_MILLIS,
                kill ? jvms.get(NODES - 1) : null);
        assertThat(ran).as("perf.seed %s", seed + round).noneMatch(line -> line.startsWith("late"));
        if (kill) {
          bury(jvms.remove(NODES - 1), reader);
          jvms.add(new Jvm("perfkit"));
          assertThat(jvms.get(NODES - 1).answer()).isEqualTo("ready");
        }
        settle();
        assertThat(stale()).as("perf.seed %s, L1 or L2", seed + round).isEmpty();
        assertThat(staleOf("L2", reader.allHeld(RaceDatabase.KEYS)))
            .as("perf.seed %s", seed + round)
            .isEmpty();
      }
    }
  }

  /** What an outbox does for a node that died between its commit and its invalidation. */
  private void bury(Jvm dead, RaceNode heir) {
    List<Integer> keys = database.intentsOf(dead.name);
    keys.forEach(heir::invalidate);
    heir.awaitTold();
    dead.close();
  }

  /** All that was invalidated is known to Redis, and then to every node. */
  private void settle() {
    for (String order : List.of("tell", "hear")) {
      jvms.forEach(jvm -> jvm.order(order));
      jvms.forEach(jvm -> assertThat(jvm.answer()).isIn("told", "heard"));
    }
  }

  @Test
  void theCheckSeesWhatANaiveCacheKeeps() throws Exception {
    start("naive", NODES);
    List<String> stale = new ArrayList<>();
    for (int round = 0; round < 30 && stale.isEmpty(); round++) {
      stale.addAll(quietRun(round));
    }
    assertThat(stale).isNotEmpty();
  }

  /** A naive node does not come back from a cut, so its network is good. */
  private List<String> quietRun(long seed) {
    jvms.forEach(jvm -> jvm.order("run " + (seed + jvms.indexOf(jvm)) + " " + ROUND_MILLIS));
    jvms.forEach(Jvm::answer);
    settle();
    return stale();
  }

  @Test
  void theCheckSeesReadsThatAreLaterThanTheBound() throws Exception {
    start("credulous", 2);
    boolean seen = false;
    for (int round = 0; round < 20 && !seen; round++) {
      Jvm deaf = jvms.get(0);
      Future<?> fault =
          chaos.submit(
              () -> {
                Pace.pause(Duration.ofMillis(200));
                deaf.network.blackHole();
                Pace.pause(BOUND.multipliedBy(3));
                deaf.network.heal();
              });
      jvms.forEach(jvm -> jvm.order("run 1 1500"));
      seen = jvms.stream().map(Jvm::answer).filter(line -> line.startsWith("late")).count() > 0;
      fault.get(30, TimeUnit.SECONDS);
    }
    assertThat(seen).isTrue();
  }

  @Test
  void aNodeThatIsKilledInItsLoadHoldsTheOthersUpForOneLease() throws Exception {
    start("perfkit", 1);
    try (RedisClient client = RedisClient.create("redis://" + server.address());
        RaceNode other =
            new PerfkitRaceNode(NodesContract.patient(client, prefix), RaceJvm.config(BOUND))) {
      Jvm dying = jvms.get(0);
      dying.order("hang");
      assertThat(dying.answer()).isEqualTo("loading");
      dying.kill();

      long began = System.nanoTime();
      assertThat(other.read(0, () -> 42)).isEqualTo(42);
      assertThat(Duration.ofNanos(System.nanoTime() - began))
          .as("a lease of 1 s, and a slow machine")
          .isLessThan(Duration.ofSeconds(6));
      assertThat(other.held(0)).as("and it was the other's to fill").hasValue(42);
    }
  }

  /**
   * One round: all nodes run, while networks fail at random.
   *
   * @param victim is killed while it changes something, if there is one
   */
  private List<String> run(long seed, long millis, Jvm victim) throws Exception {
    Random random = new Random(seed);
    for (Jvm jvm : jvms) {
      jvm.order("run " + random.nextInt(1_000_000) + " " + (jvm == victim ? FOR_EVER : millis));
    }
    Future<?> faults = chaos.submit(() -> fail(random, millis * 9 / 10));
    if (victim != null) {
      Await.until("it writes", DEADLINE, () -> !database.intentsOf(victim.name).isEmpty());
      victim.kill();
    }
    faults.get(60, TimeUnit.SECONDS);
    return jvms.stream().filter(jvm -> jvm != victim).map(Jvm::answer).toList();
  }

  private void fail(Random random, long millis) {
    long ends = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (System.nanoTime() - ends < 0) {
      FaultProxy network = jvms.get(random.nextInt(jvms.size())).network;
      switch (random.nextInt(4)) {
        case 0 -> network.cut();
        case 1 -> network.blackHole();
        case 2 -> {
          Object unused =
              redis.executeCommand(
                  new CommandArguments(Protocol.Command.CLIENT)
                      .add("KILL")
                      .add("TYPE")
                      .add("pubsub"));
        }
        default -> network.delay(Duration.ofMillis(1 + random.nextInt(20)));
      }
      Pace.pause(Duration.ofMillis(20 + random.nextInt(150)));
      network.heal();
    }
  }

  /** What any node would serve without a load though it is not the last version. */
  private List<String> stale() {
    jvms.forEach(jvm -> jvm.order("held"));
    List<String> stale = new ArrayList<>();
    for (int n = 0; n < jvms.size(); n++) {
      stale.addAll(staleOf("node " + n, jvms.get(n).answer()));
    }
    return stale;
  }

  private List<String> staleOf(String where, String held) {
    List<String> stale = new ArrayList<>();
    String[] parts = held.split(" ", -1);
    for (int i = 1; i < parts.length; i++) {
      String[] copy = parts[i].split("=", -1);
      long last = database.version(Integer.parseInt(copy[0]));
      if (Long.parseLong(copy[1]) != last) {
        stale.add(where + " key " + copy[0] + ": " + copy[1] + " of " + last);
      }
    }
    return stale;
  }
}
