package io.perfkit.benchmarks;

import static java.util.stream.Collectors.joining;
import static org.openjdk.jmh.results.AggregationPolicy.AVG;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.ScalarResult;

/**
 * What one JMH run measured: a sample for each benchmark and label. A benchmark that failed in one
 * of its forks has no sample. Immutable, in alphabetical order.
 */
record Samples(Map<String, Map<String, Sample>> byBenchmark) {

  /** The label of a benchmark's own score, a time or a throughput. */
  static final String SCORE = "score";

  private static final String BYTES = Measure.BYTES.label();
  private static final String BYTES_RATE = "gc.alloc.rate";

  Samples {
    byBenchmark = Collections.unmodifiableMap(new TreeMap<>(byBenchmark));
  }

  static Samples of(Collection<RunResult> results) {
    Map<String, Map<String, Sample>> samples = new TreeMap<>();
    for (RunResult result : results) {
      String benchmark = benchmark(result.getParams());
      if (samples.put(benchmark, samples(result)) != null) {
        throw new IllegalStateException(benchmark + " was measured in two modes (expected: one)");
      }
    }
    return new Samples(samples);
  }

  /**
   * @throws MissingSample if the benchmark did not run, or not to its end, or measured something
   *     else
   */
  Sample get(String benchmark, Measure measure) {
    Sample sample = byBenchmark.getOrDefault(benchmark, Map.of()).get(measure.label());
    if (sample == null) {
      throw new MissingSample(
          "no %s of benchmark %s (measured: %s)"
              .formatted(measure.label(), benchmark, byBenchmark.keySet()));
    }
    if (!sample.unit().equals(measure.unit())) {
      throw new MissingSample(
          "%s of benchmark %s is in %s (expected: %s)"
              .formatted(measure.label(), benchmark, sample.unit(), measure.unit()));
    }
    return sample;
  }

  private static Map<String, Sample> samples(RunResult run) {
    Map<String, List<Result<?>>> byLabel = new TreeMap<>();
    for (BenchmarkResult fork : run.getBenchmarkResults()) {
      for (IterationResult iteration : fork.getIterationResults()) {
        results(iteration)
            .forEach(
                (label, result) ->
                    byLabel.computeIfAbsent(label, key -> new ArrayList<>()).add(result));
      }
    }
    int complete = iterations(run.getParams());
    Map<String, Sample> samples = new TreeMap<>();
    byLabel.forEach(
        (label, results) -> {
          if (results.size() == complete) {
            samples.put(label, sample(results));
          }
        });
    return samples;
  }

  private static Map<String, Result<?>> results(IterationResult iteration) {
    Map<String, Result<?>> results = new TreeMap<>();
    iteration.getSecondaryResults().forEach(results::put);
    Result<?> rate = results.get(BYTES_RATE);
    if (rate != null && rate.getScore() == 0) {
      // JMH leaves the bytes out of an iteration that allocated none.
      results.putIfAbsent(BYTES, new ScalarResult(BYTES, 0, Measure.BYTES.unit(), AVG));
    }
    results.keySet().removeIf(label -> label.startsWith("gc.") && !label.equals(BYTES));
    results.put(SCORE, iteration.getPrimaryResult());
    return results;
  }

  private static Sample sample(List<Result<?>> results) {
    double[] scores = results.stream().mapToDouble(Result::getScore).toArray();
    return Sample.of(results.get(0).getScoreUnit(), scores);
  }

  private static int iterations(BenchmarkParams params) {
    return Math.max(1, params.getForks()) * params.getMeasurement().getCount();
  }

  private static String benchmark(BenchmarkParams params) {
    String method = params.getBenchmark().substring(params.getBenchmark().lastIndexOf('.') + 1);
    return params.getParamsKeys().isEmpty()
        ? method
        : params.getParamsKeys().stream()
            .map(key -> key + "=" + params.getParam(key))
            .collect(joining(",", method + "[", "]"));
  }

  /** A figure can't be judged; nothing else is wrong. */
  static final class MissingSample extends RuntimeException {
    private MissingSample(String message) {
      super(message);
    }
  }
}
