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
 * The reads of {@link L2Read} by 64 and by 256 virtual threads. One invocation starts that many
 * threads, each of which reads {@value VirtualThreads#TASKS} / their number times, and waits for
 * all of them. On a JDK without virtual threads every benchmark fails and says so; {@code -Djvm}
 * names another JDK.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 10, time = 1)
public class L2ReadVirtual implements Area {
  @Override
  public String name() {
    return "cache-l2-read-virtual";
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        Figure.ratio("threads-64", THROUGHPUT, "lanes64", "jedis64", atLeast(3.5)),
        Figure.ratio("threads-256", THROUGHPUT, "lanes256", "jedis256", atLeast(7)));
  }

  @Override
  public Optional<String> lacking() {
    return VirtualThreads.lacking();
  }

  @Benchmark
  @OperationsPerInvocation(VirtualThreads.TASKS)
  public void lanes64(RedisReads reads, VirtualThreads threads) {
    threads.run(64, RedisReads.KEYS, reads::inLane);
  }

  @Benchmark
  @OperationsPerInvocation(VirtualThreads.TASKS)
  public void jedis64(RedisReads reads, VirtualThreads threads) {
    threads.run(64, RedisReads.KEYS, reads::pooled);
  }

  @Benchmark
  @OperationsPerInvocation(VirtualThreads.TASKS)
  public void lanes256(RedisReads reads, VirtualThreads threads) {
    threads.run(256, RedisReads.KEYS, reads::inLane);
  }

  @Benchmark
  @OperationsPerInvocation(VirtualThreads.TASKS)
  public void jedis256(RedisReads reads, VirtualThreads threads) {
    threads.run(256, RedisReads.KEYS, reads::pooled);
  }
}
