package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Target.atLeast;

import com.netflix.concurrency.limits.limit.Gradient2Limit;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.IterationParams;

/**
 * What a database under load does with the pool size that a rule finds, beside the best of the
 * fixed sizes. Each rule has the time of an iteration to find it; then transactions are counted for
 * as long as for a fixed size. See {@link PoolLoad} for the load.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 0)
@Measurement(iterations = 1, time = 20)
public class DbTuner implements Area {
  private static final int LOW = 2;
  private static final int HIGH = PoolLoad.CEILING;
  private static final Measure DONE = Measure.events("perSecond");

  @Override
  public String name() {
    return "db-tuner";
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        Figure.ratio("from-low", DONE, "perfkitFromLow", "bestFixed", atLeast(0.9)),
        Figure.ratio("from-high", DONE, "perfkitFromHigh", "bestFixed", atLeast(0.9)),
        Figure.ratio("flexypool", DONE, "perfkitFromLow", "flexyPoolStyle", atLeast(1)),
        Figure.ratio("gradient-low", DONE, "perfkitFromLow", "gradientFromLow", atLeast(1)),
        Figure.ratio("gradient-high", DONE, "perfkitFromHigh", "gradientFromHigh", atLeast(1)));
  }

  /** Transactions per second in the end. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Result {
    public double perSecond;
  }

  @Benchmark
  public void bestFixed(PoolLoad load, IterationParams iteration, Result result)
      throws InterruptedException {
    result.perSecond = load.bestFixed(seconds(iteration) / 8);
  }

  @Benchmark
  public void perfkitFromLow(PoolLoad load, IterationParams iteration, Result result)
      throws InterruptedException {
    result.perSecond = load.tuned(LOW, seconds(iteration));
  }

  @Benchmark
  public void perfkitFromHigh(PoolLoad load, IterationParams iteration, Result result)
      throws InterruptedException {
    result.perSecond = load.tuned(HIGH, seconds(iteration));
  }

  /**
   * One more connection whenever a caller waited for more than its threshold, up to the ceiling.
   */
  @Benchmark
  public void flexyPoolStyle(PoolLoad load, IterationParams iteration, Result result)
      throws InterruptedException {
    result.perSecond =
        load.ruled(
            LOW,
            seconds(iteration),
            (size, waited, held, active) -> waited > 5e6 ? size + 1 : size);
  }

  @Benchmark
  public void gradientFromLow(PoolLoad load, IterationParams iteration, Result result)
      throws InterruptedException {
    result.perSecond = load.ruled(LOW, seconds(iteration), gradient(LOW));
  }

  @Benchmark
  public void gradientFromHigh(PoolLoad load, IterationParams iteration, Result result)
      throws InterruptedException {
    result.perSecond = load.ruled(HIGH, seconds(iteration), gradient(HIGH));
  }

  private static PoolLoad.SizeRule gradient(int start) {
    Gradient2Limit limit =
        Gradient2Limit.newBuilder()
            .initialLimit(start)
            .minLimit(1)
            .maxConcurrency(PoolLoad.CEILING)
            .build();
    return (size, waited, held, active) -> {
      limit.onSample(0, held, active, false);
      return limit.getLimit();
    };
  }

  private static double seconds(IterationParams iteration) {
    return iteration.getTime().convertTo(TimeUnit.MILLISECONDS) / 1000.0;
  }
}
