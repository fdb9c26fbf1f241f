package io.perfkit.db.route;

import static io.perfkit.db.route.Servers.execute;
import static io.perfkit.db.route.Servers.number;

import io.perfkit.db.internal.DelegatingDataSource;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.sql.DataSource;

/**
 * A process with a router of its own, which does a step of a session for each line of its input:
 * {@code id W|R token|-} is answered by {@code id value P|R token}, or by {@code id failed}.
 */
@SuppressWarnings("try") // sessions are opened for what they do
final class TravellingReads {
  private static final String NONE = "-";
  private static final long PATIENCE_NANOS = Duration.ofSeconds(10).toNanos();

  private TravellingReads() {}

  /**
   * Does steps until its input ends.
   *
   * @param arguments URLs of the primary and of its replica; with a third one, new connections to
   *     the replica pass for known ones, which is the fault that the test has to see
   */
  public static void main(String[] arguments) throws IOException {
    PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    DataSource replica = patient(Servers.pool(arguments[1]));
    ExecutorService threads = Executors.newCachedThreadPool();
    try (Router router =
            Router.builder(Servers.pool(arguments[0]))
                .replica("replica-1", arguments.length > 2 ? asOneServerSession(replica) : replica)
                .config(
                    RouterConfig.builder()
                        .pollEvery(Duration.ofSeconds(2)) // so an old answer is believed for long
                        .maxSilence(Duration.ofSeconds(10))
                        .maxLag(Duration.ofMinutes(1))
                        .maxFallbackReads(100)
                        .build())
                .build();
        BufferedReader steps =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = steps.readLine(); line != null; line = steps.readLine()) {
        String[] step = line.split(" ");
        threads.execute(() -> answer(router, step, answers));
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static void answer(Router router, String[] step, PrintStream answers) {
    String answer;
    try {
      answer = step(router, step[0], step[1].equals("W"), step[2]);
    } catch (SQLException | RuntimeException crashed) {
      answer = "failed";
    }
    answers.println(step[0] + " " + answer);
  }

  private static String step(Router router, String id, boolean writes, String token)
      throws SQLException {
    try (CausalSession session = token.equals(NONE) ? router.session() : router.session(token)) {
      if (writes) {
        try (Connection connection = router.dataSource().getConnection()) {
          execute(connection, "UPDATE counters SET n = n + 1 WHERE id = " + id);
        }
        return "0 P " + session.token().orElse(NONE);
      }
      try (Connection connection = router.dataSource().getConnection()) {
        connection.setReadOnly(true);
        connection.setAutoCommit(false);
        long read = number(connection, "SELECT n FROM counters WHERE id = " + id);
        boolean onReplica = Servers.onReplica(connection);
        connection.commit();
        return read + (onReplica ? " R " : " P ") + token;
      }
    }
  }

  /** As a pool does it: whoever wants a connection waits while the server restarts. */
  private static DataSource patient(DataSource server) {
    return new DelegatingDataSource(server) {
      @Override
      public Connection getConnection() throws SQLException {
        long start = System.nanoTime();
        while (true) {
          try {
            return super.getConnection();
          } catch (SQLException refused) {
            if (System.nanoTime() - start > PATIENCE_NANOS) {
              throw refused;
            }
            Thread.onSpinWait();
          }
        }
      }
    };
  }

  /** A pool all of whose connections claim to be one session of the server. */
  private static DataSource asOneServerSession(DataSource pool) {
    Connection one =
        (Connection)
            Proxy.newProxyInstance(
                TravellingReads.class.getClassLoader(),
                new Class<?>[] {Connection.class},
                (self, method, given) ->
                    method.getName().equals("hashCode")
                        ? (Object) 1
                        : method.getName().equals("equals") && self == given[0]);
    return new DelegatingDataSource(pool) {
      @Override
      public Connection getConnection() throws SQLException {
        return (Connection)
            Proxy.newProxyInstance(
                TravellingReads.class.getClassLoader(),
                new Class<?>[] {Connection.class},
                new Disguised(super.getConnection(), one));
      }
    };
  }

  /** Says of itself that it is another connection. */
  private record Disguised(Connection real, Connection claimed) implements InvocationHandler {
    @Override
    public Object invoke(Object self, Method method, Object[] given) throws Throwable {
      return switch (method.getName()) {
        case "isWrapperFor" -> false;
        case "unwrap" -> claimed;
        case "hashCode" -> System.identityHashCode(self);
        case "equals" -> self == given[0];
        default -> ConnectionSetting.call(real, method, given == null ? new Object[0] : given);
      };
    }
  }
}
