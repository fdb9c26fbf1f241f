package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.TIME;
import static io.perfkit.benchmarks.Target.atMost;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/** An area with a figure that is never met and one whose peer throws. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(0)
@Warmup(iterations = 0)
@Measurement(iterations = 1, time = 20, timeUnit = TimeUnit.MILLISECONDS)
public class BrokenArea implements Area {

  @Override
  public String name() {
    return "broken";
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        Figure.limit("unmet", TIME, "ours", -1),
        Figure.ratio("peerless", TIME, "ours", "peer", atMost(1_000_000)));
  }

  @Benchmark
  public void ours() {}

  @Benchmark
  public void peer() {
    throw new IllegalStateException("planted");
  }
}
