package io.perfkit.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.Await;
import io.perfkit.testing.RedisProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.params.XAddParams;

/**
 * Users log in on several JVMs at once, some of which are killed. At no instant of the server's
 * history has a user more sessions than the limit, and nothing is left over.
 */
final class SessionNodesIT {
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final long SECONDS = Long.getLong("perf.chaos.seconds", 5);

  private final RedisProcess server = RedisProcess.start();
  private final URI uri = URI.create("redis://" + server.address());
  private final SessionHistory history = new SessionHistory(SessionNode.CAP);
  private final AtomicReference<AssertionError> broken = new AtomicReference<>();
  private final AtomicLong heard = new AtomicLong();
  private final EventHistory events = new EventHistory();
  private volatile boolean eventsMissed;

  @AfterEach
  void close() {
    server.close();
  }

  /** Listens on a plain socket: what MONITOR sends is one line for each command. */
  private Thread listen(Socket socket) throws IOException {
    socket.getOutputStream().write("MONITOR\r\n".getBytes(UTF_8));
    socket.getOutputStream().flush();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8), 1 << 20);
    assertThat(lines.readLine()).isEqualTo("+OK");
    Thread listener =
        new Thread(
            () -> {
              try {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                  history.line(line.substring(1));
                  heard.incrementAndGet();
                }
              } catch (AssertionError e) {
                broken.set(e);
              } catch (IOException e) {
                // closed, which is the end
              }
            });
    listener.start();
    return listener;
  }

  private Process start(long millis, int threads) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx128m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            classPath(),
            SessionNode.class.getName(),
            uri.toString(),
            Long.toString(millis),
            Integer.toString(threads))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /** Of these tests, be it that a launcher loads them by a class loader of its own. */
  private static String classPath() {
    return SessionNodesIT.class.getClassLoader() instanceof URLClassLoader loader
        ? Stream.of(loader.getURLs()).map(URL::getPath).collect(Collectors.joining(":"))
        : System.getProperty("java.class.path");
  }

  @Test
  void noUserEverHasMoreSessionsThanTheLimitWhateverIsKilled() throws Exception {
    boolean thorough = SECONDS >= 30;
    int nodes = thorough ? 4 : 2;
    int threads = thorough ? 16 : 8;
    int kills = thorough ? 20 : 2;
    Random random = new Random(11);
    List<Process> running = new ArrayList<>();
    try (Socket socket = new Socket(server.address().getHost(), server.address().getPort());
        RedisClient client = RedisClient.create(uri);
        SessionManager watching = watching(client)) {
      Thread listener = listen(socket);
      for (int i = 0; i < nodes; i++) {
        running.add(start(600_000, threads));
      }
      long goal = thorough ? 10_000 : 500;
      long end = System.nanoTime() + Duration.ofSeconds(SECONDS).toNanos();
      for (int kill = 0; kill < kills; kill++) {
        long target = history.added() + goal / kills;
        Await.until("nodes log in", DEADLINE, () -> progress() >= target);
        Process victim = running.remove(random.nextInt(running.size()));
        victim.destroyForcibly().waitFor();
        running.add(start(600_000, threads));
      }
      Await.until("the time is over", DEADLINE.plusSeconds(SECONDS), () -> over(end));
      Await.until("logins enough", DEADLINE, () -> progress() >= goal);
      for (Process node : running) {
        node.destroyForcibly().waitFor();
      }
      settle(client);
      socket.shutdownInput();
      listener.join();

      assertThat(history.added()).as("logins and rotations").isGreaterThanOrEqualTo(goal);
      assertThat(history.most()).as("live sessions of a user").isEqualTo(SessionNode.CAP);
      nothingIsLeftOver(client);
      assertThat(eventsMissed).isFalse();
      assertThat(events.created()).isGreaterThanOrEqualTo(goal / 2);
      assertThat(watching.stats().unavailable()).isZero();
    } finally {
      running.forEach(Process::destroyForcibly);
    }
  }

  /** Hears what happens to sessions, as any node does. */
  private SessionManager watching(RedisClient client) {
    SessionListener listener =
        new SessionListener() {
          @Override
          public void happened(SessionEvent event) {
            try {
              synchronized (events) {
                events.happened(event);
              }
            } catch (AssertionError e) {
              broken.compareAndSet(null, e);
            }
          }

          @Override
          public void missed() {
            eventsMissed = true;
          }
        };
    return SessionManager.builder(client, SessionNode.PREFIX, Secrets.ONE)
        .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(10)))
        .config(
            SessionConfig.builder()
                .sweepEvery(Duration.ZERO)
                .keepEnded(SessionNode.KEEP_ENDED)
                .maxEvents(SessionNode.MAX_EVENTS)
                .build())
        .listener(listener)
        .build();
  }

  private boolean over(long end) {
    progress();
    return System.nanoTime() >= end;
  }

  private long progress() {
    AssertionError error = broken.get();
    if (error != null) {
      throw error;
    }
    return history.added();
  }

  /** Until the listener has heard what the server was sent. */
  private void settle(RedisClient client) {
    long before = heard.get();
    client.set("settled", "x");
    Await.until("all was heard", DEADLINE, () -> heard.get() > before);
    progress();
  }

  /** Every member of an index has a session and each session is a member; then nothing at all. */
  private void nothingIsLeftOver(RedisClient client) {
    client.del("settled");
    try (SessionManager sweeper =
        SessionManager.builder(client, SessionNode.PREFIX, Secrets.ONE)
            .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(10)))
            .config(
                SessionConfig.builder()
                    .sweepEvery(Duration.ZERO)
                    .keepEnded(SessionNode.KEEP_ENDED)
                    .maxEvents(SessionNode.MAX_EVENTS)
                    .build())
            .build()) {
      sweeper.sweep();
      String head = "nodes:{nodes.sessions}:v1:";
      for (int user = 0; user < SessionNode.USERS; user++) {
        String tag = UserTag.of(SessionNode.PREFIX, "user-" + user).text();
        for (SessionInfo one : sweeper.list("user-" + user)) {
          assertThat(client.hget(head + "s:" + one.id(), "u")).startsWith(tag);
        }
        assertThat(sweeper.list("user-" + user)).hasSize(sweeper.count("user-" + user));
      }
      Await.until(
          "every session's end was heard",
          DEADLINE,
          () -> {
            sweeper.sweep();
            progress();
            synchronized (events) {
              return client.zcard(head + "ends") == 0 && events.live().isEmpty();
            }
          });
      Await.until("every key is gone", DEADLINE, () -> client.dbSize() == 0);
    }
  }

  @Test
  void anEndThatIsWrittenBesideTheScriptIsCaught() {
    try (RedisClient client = RedisClient.create(uri);
        SessionManager watching = watching(client);
        SessionManager other =
            SessionManager.builder(client, SessionNode.PREFIX, Secrets.ONE)
                .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(10)))
                .config(SessionConfig.builder().maxEvents(1_000).build())
                .build()) {
      Session session = other.login(Login.of("alice")).session().orElseThrow();
      Map<String, String> end = Map.of("t", "1", "k", "e", "i", session.id(), "y", "L");
      client.xadd("nodes:{nodes.sessions}:v1:events", XAddParams.xAddParams(), end);
      other.invalidate(session);
      Await.until("it was caught", DEADLINE, () -> broken.get() != null);
      assertThat(watching.stats().created()).isZero();
    }
    assertThatThrownBy(this::progress)
        .isInstanceOf(AssertionError.class)
        .hasMessageStartingWith("ended, though not live: ");
  }

  @Test
  void aLimitThatIsCheckedBeforeTheLoginIsCaught() throws Exception {
    try (Socket socket = new Socket(server.address().getHost(), server.address().getPort())) {
      Thread listener = listen(socket);
      for (int run = 0; run < 30 && broken.get() == null; run++) {
        SessionNode.run(uri, 1_000, 16, true);
      }
      Await.until("it was caught", DEADLINE, () -> broken.get() != null);
      socket.shutdownInput();
      listener.join();
    }
    assertThatThrownBy(this::progress)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("4 live sessions after: ");
  }

  @Test
  void theCheckerReadsWhatScriptsDo() {
    SessionHistory checked = new SessionHistory(2);
    checked.line("1700000000.000001 [0 lua] \"ZADD\" \"n:{n}:v1:u:t\" \"1700000001000\" \"a\"");
    checked.line(
        "1700000000.000001 [0 127.0.0.1:1] \"ZADD\" \"n:{n}:v1:u:t\" \"1800000000000\" \"z\"");
    checked.line("1700000000.000002 [0 lua] \"ZADD\" \"n:{n}:v1:u:t\" \"1700000005000\" \"b\"");
    checked.line(
        "1700000000.000003 [0 lua] \"ZADD\" \"n:{n}:v1:u:t\" \"XX\" \"1700000005000\" \"a\"");
    checked.line("1700000000.000004 [0 lua] \"ZREM\" \"n:{n}:v1:u:t\" \"b\"");
    checked.line("1700000000.000005 [0 lua] \"ZADD\" \"n:{n}:v1:u:t\" \"1700000001000\" \"c\"");
    assertThat(checked.most()).isEqualTo(2);
    checked.line("1700000002.000000 [0 lua] \"ZADD\" \"n:{n}:v1:u:t\" \"1700000003000\" \"d\"");
    assertThatThrownBy(
            () ->
                checked.line(
                    "1700000002.000000 [0 lua] \"ZADD\" \"n:{n}:v1:u:t\" \"1700000003000\" \"e\""))
        .isInstanceOf(AssertionError.class)
        .hasMessageStartingWith("3 live sessions after: ");
    checked.line("1700000002.000001 [0 lua] \"UNLINK\" \"n:{n}:v1:u:t\"");
    checked.line("1700000002.000002 [0 lua] \"ZADD\" \"n:{n}:v1:u:t\" \"1700000003000\" \"f\"");
    assertThat(checked.added()).isEqualTo(6);
  }
}
