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
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Jobs per second that four workers process, of jobs that are stored already, with payloads of 200
 * bytes and a handler that does nothing, on a Redis without persistence. Ours acknowledges each job
 * after its handler, in batches; the list loses what its worker holds when it dies; the stream
 * acknowledges batches, and has no retry, delay, priority or fence.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class JobsRedis implements Area {
  static final int JOBS = 20_000;
  static final int JOBS_OF_REDISSON = 2_000;

  @Override
  public String name() {
    return "jobs-redis";
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        Figure.ratio("vs-redisson", THROUGHPUT, "jobs", "redisson", atLeast(15)),
        Figure.ratio("vs-list", THROUGHPUT, "jobs", "list", atLeast(1.5)),
        Figure.ratio("vs-stream", THROUGHPUT, "jobs", "stream", atLeast(0.7)));
  }

  @Benchmark
  @OperationsPerInvocation(JOBS)
  public long jobs(JobsInRedis ours) {
    return ours.drain();
  }

  @Benchmark
  @OperationsPerInvocation(JOBS)
  public long list(JobsByHand byHand) {
    return byHand.drainList();
  }

  @Benchmark
  @OperationsPerInvocation(JOBS)
  public long stream(JobsByHand byHand) {
    return byHand.drainStream();
  }

  @Benchmark
  @OperationsPerInvocation(JOBS_OF_REDISSON)
  public long redisson(JobsInRedisson redisson) {
    return redisson.drain();
  }
}
