package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.THROUGHPUT;
import static io.perfkit.benchmarks.Target.atLeast;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Logins of a user who has as many sessions as the limit allows, and lists of them, beside the
 * sequences that Spring Session's indexed repository needs. One thread: its sequence keeps no limit
 * with several.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 6, time = 1)
public class SessionUsers implements Area {
  @Override
  public String name() {
    return "session-users";
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        Figure.ratio("login", THROUGHPUT, "login", "springLogin", atLeast(6)),
        Figure.ratio("list-of-ten", THROUGHPUT, "list", "springList", atLeast(5)));
  }

  @Benchmark
  public Object login(SessionsInRedis sessions) {
    return sessions.login();
  }

  @Benchmark
  public int list(SessionsInRedis sessions) {
    return sessions.list();
  }

  @Benchmark
  public String springLogin(SessionsInSpring sessions) {
    return sessions.login();
  }

  @Benchmark
  public int springList(SessionsInSpring sessions) {
    return sessions.list();
  }
}
