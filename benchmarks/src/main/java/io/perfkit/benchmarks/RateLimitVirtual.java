package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.THROUGHPUT;
import static io.perfkit.benchmarks.Target.atLeast;

import java.util.List;
import java.util.Optional;
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
 * Checks of {@value LimitInRedis#KEYS} keys by 256 virtual threads, beside the same script with the
 * same arguments through Jedis with a pool that has a connection for each thread.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(2)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 6, time = 1)
public class RateLimitVirtual implements Area {
  private static final int THREADS = 256;

  @Override
  public String name() {
    return "ratelimit-virtual";
  }

  @Override
  public List<Figure> figures() {
    return List.of(Figure.ratio("threads-256", THROUGHPUT, "lanes", "pooled", atLeast(4)));
  }

  @Override
  public Optional<String> lacking() {
    return VirtualThreads.lacking();
  }

  @Benchmark
  @OperationsPerInvocation(VirtualThreads.TASKS)
  public void lanes(LimitInRedis ours, VirtualThreads threads) {
    threads.run(THREADS, LimitInRedis.KEYS, key -> ours.check(LimitInRedis.ONE, key));
  }

  @Benchmark
  @OperationsPerInvocation(VirtualThreads.TASKS)
  public void pooled(LimitInRedis ours, VirtualThreads threads) {
    threads.run(THREADS, LimitInRedis.KEYS, ours::pooled);
  }
}
