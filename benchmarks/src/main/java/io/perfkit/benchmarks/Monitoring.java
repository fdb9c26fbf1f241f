package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.BYTES;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.monitoring.weave.Monitored;
import io.perfkit.monitoring.weave.MonitoredAspect;
import io.perfkit.monitoring.weave.Sampling;
import io.perfkit.weave.Weaver;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.CompilerControl;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What {@code @Monitored} adds to a call that does next to nothing: one thread, a simple registry,
 * beside a timer of Micrometer written by hand around the same call.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 10, time = 400, timeUnit = TimeUnit.MILLISECONDS)
public class Monitoring implements Area {

  @Override
  public String name() {
    return "monitoring";
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        Figure.ratio("over-timer", Measure.TIME, "woven", "byHand", Target.atMost(1.1)),
        Figure.limit("alloc", BYTES, "woven", 0),
        Figure.limit("sampled", Measure.TIME, "sampled", 25),
        Figure.limit("alloc-sampled", BYTES, "sampled", 0),
        Figure.excess("off", "off", "direct", 1));
  }

  @Benchmark
  public long woven(Services services) {
    return services.timed.work(services.number++);
  }

  @Benchmark
  public long sampled(Services services) {
    return services.sampled.work(services.number++);
  }

  @Benchmark
  public long off(Services services) {
    return services.off.work(services.number++);
  }

  @Benchmark
  public long byHand(Services services) {
    long start = System.nanoTime();
    try {
      return services.direct.work(services.number++);
    } finally {
      services.timer.record(System.nanoTime() - start, NANOSECONDS);
    }
  }

  @Benchmark
  public long direct(Services services) {
    return services.direct.work(services.number++);
  }

  /** A service as our users write it. */
  static class Service {

    @Monitored
    @CompilerControl(CompilerControl.Mode.DONT_INLINE)
    long work(long number) {
      return number * 31;
    }
  }

  /** One service in each form. */
  @State(Scope.Thread)
  public static class Services {
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Timer timer = registry.timer("by.hand");
    final Service direct = new Service();
    final Service timed = woven(Sampling.all());
    final Service sampled = woven(Sampling.oneIn(16));
    final Service off = woven(Sampling.off());
    long number;

    private static Service woven(Sampling sampling) {
      MonitoredAspect aspect =
          MonitoredAspect.builder(new SimpleMeterRegistry()).sampling(sampling).build();
      return Weaver.of(aspect).create(Service.class);
    }
  }
}
