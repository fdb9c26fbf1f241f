package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.TIME;

import io.perfkit.session.Login;
import io.perfkit.session.Session;
import io.perfkit.session.SessionManager;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What a lookup in the process costs; the target is five million of them a second on one core. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class SessionLocal implements Area {
  @Override
  public String name() {
    return "session-local";
  }

  @Override
  public List<Figure> figures() {
    return List.of(Figure.limit("get", TIME, "get", 200));
  }

  /** One session in a manager of its own. */
  @State(Scope.Benchmark)
  public static class Sessions {
    private final SessionManager sessions = SessionManager.local("bench");
    private final String token =
        sessions.login(Login.of("user")).session().orElseThrow().token().text();

    Session get() {
      return sessions.get(token).session().orElseThrow();
    }

    @TearDown
    public void close() {
      sessions.close();
    }
  }

  @Benchmark
  public Session get(Sessions sessions) {
    return sessions.get();
  }
}
