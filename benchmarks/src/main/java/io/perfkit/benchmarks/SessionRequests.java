package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.BYTES;
import static io.perfkit.benchmarks.Measure.THROUGHPUT;
import static io.perfkit.benchmarks.Target.atLeast;
import static io.perfkit.benchmarks.Target.atMost;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Requests of sixteen threads that look a session up, change an attribute and save it: beside
 * Spring Session's two repositories, and beside two commands written by hand on the same client's
 * pool, which check no deadline, no index and no size.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Threads(16)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 6, time = 1)
public class SessionRequests implements Area {
  @Override
  public String name() {
    return "session-requests";
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        Figure.ratio("vs-simple", THROUGHPUT, "touches", "springSimple", atLeast(3.5)),
        Figure.ratio("vs-indexed", THROUGHPUT, "touches", "springIndexed", atLeast(7)),
        Figure.ratio("vs-by-hand", THROUGHPUT, "touches", "byHand", atLeast(1.5)),
        Figure.ratio("throttled-vs-simple", THROUGHPUT, "throttled", "springSimple", atLeast(3.5)),
        Figure.ratio("throttled-vs-indexed", THROUGHPUT, "throttled", "springIndexed", atLeast(7)),
        Figure.ratio("throttled-vs-by-hand", THROUGHPUT, "throttled", "byHand", atLeast(1.5)),
        Figure.ratio("bytes-vs-simple", BYTES, "touches", "springSimple", atMost(0.2)),
        Figure.ratio("bytes-vs-indexed", BYTES, "touches", "springIndexed", atMost(0.2)));
  }

  @Benchmark
  public Object touches(SessionsInRedis sessions) {
    return sessions.everyRequestTouches();
  }

  @Benchmark
  public Object throttled(SessionsInRedis sessions) {
    return sessions.throttled();
  }

  @Benchmark
  public long byHand(SessionsInRedis sessions) {
    return sessions.twoCalls();
  }

  @Benchmark
  public Object springSimple(SessionsInSpring sessions) {
    return sessions.simple();
  }

  @Benchmark
  public Object springIndexed(SessionsInSpring sessions) {
    return sessions.indexed();
  }
}
