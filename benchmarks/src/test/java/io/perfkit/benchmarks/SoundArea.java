package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.BYTES;
import static io.perfkit.benchmarks.Measure.TIME;
import static io.perfkit.benchmarks.Measure.events;
import static io.perfkit.benchmarks.Target.atLeast;
import static io.perfkit.benchmarks.Target.atMost;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** An area whose benchmarks all end, measured in the JVM of the test. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(0)
@Warmup(iterations = 1, time = 100, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 100, timeUnit = TimeUnit.MILLISECONDS)
public class SoundArea implements Area {

  @Override
  public String name() {
    return "sound";
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        Figure.limit("nothing", BYTES, "nothing", 0),
        Figure.ratio("bytes", BYTES, "array[length=1000]", "array[length=100]", atLeast(5)),
        Figure.ratio("time", TIME, "nothing", "array[length=1000]", atMost(1_000)),
        Figure.limit("events", events("calls"), "once", 1));
  }

  @Benchmark
  public void nothing() {}

  @Benchmark
  public byte[] array(Length length) {
    return new byte[length.length];
  }

  @Benchmark
  @BenchmarkMode(Mode.SingleShotTime)
  public void once(Counter counter) {
    counter.calls++;
  }

  @State(Scope.Thread)
  public static class Length {
    @Param({"100", "1000"})
    public int length;
  }

  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.EVENTS)
  public static class Counter {
    public int calls;
  }
}
