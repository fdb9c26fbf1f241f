package io.perfkit.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.openjdk.jmh.results.AggregationPolicy.AVG;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.ScalarResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

final class SamplesTest {
  private static RunResult run;

  @BeforeAll
  static void measureThreeIterations() throws RunnerException {
    System.setProperty("jmh.ignoreLock", "true");
    run =
        new Runner(
                new OptionsBuilder()
                    .include("SoundArea.nothing")
                    .verbosity(VerboseMode.SILENT)
                    .build())
            .runSingle();
  }

  @Test
  void anIterationThatAllocatedNothingCountsAsZero() {
    assertThat(bytes(rate(0), rate(0), rate(0))).isEqualTo(new Sample("B/op", 0, 0, 0, 3));
  }

  @Test
  void anIterationWithoutAnAllocationProfileIsMissing() {
    assertThatThrownBy(() -> bytes(rate(Double.NaN), norm(0), norm(0)))
        .isInstanceOf(Samples.MissingSample.class);
  }

  @Test
  void aBenchmarkThatLostAnIterationIsMissing() {
    assertThat(samples(norm(0), norm(0), norm(0)).get("nothing", Measure.TIME).count())
        .isEqualTo(3);
    assertThatThrownBy(() -> samples(norm(0), norm(0)).get("nothing", Measure.TIME))
        .isInstanceOf(Samples.MissingSample.class)
        .hasMessage("no score of benchmark nothing (measured: [nothing])");
  }

  private static Sample bytes(ScalarResult... ofIterations) {
    return samples(ofIterations).get("nothing", Measure.BYTES);
  }

  private static Samples samples(ScalarResult... ofIterations) {
    IterationResult real = run.getAggregatedResult().getIterationResults().iterator().next();
    List<IterationResult> iterations =
        Arrays.stream(ofIterations)
            .map(
                result -> {
                  IterationResult iteration =
                      new IterationResult(
                          real.getBenchmarkParams(), real.getParams(), real.getMetadata());
                  iteration.addResult(real.getPrimaryResult());
                  iteration.addResult(result);
                  return iteration;
                })
            .toList();
    return Samples.of(
        List.of(
            new RunResult(
                run.getParams(), List.of(new BenchmarkResult(run.getParams(), iterations)))));
  }

  private static ScalarResult norm(double bytes) {
    return new ScalarResult("gc.alloc.rate.norm", bytes, "B/op", AVG);
  }

  private static ScalarResult rate(double megabytes) {
    return new ScalarResult("gc.alloc.rate", megabytes, "MB/sec", AVG);
  }
}
