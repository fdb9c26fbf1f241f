package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.THROUGHPUT;
import static io.perfkit.benchmarks.Target.atLeast;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The reads of {@link L2Read} by 64 and by 256 virtual threads. One invocation starts that many
 * threads, each of which reads {@value #READS} / their number times, and waits for all of them. On
 * a JDK without virtual threads every benchmark fails and says so; {@code -Djvm} names another JDK.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 10, time = 1)
public class L2ReadVirtual implements Area {
  private static final int READS = 32_768;

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
    int jdk = Runtime.version().feature();
    return jdk >= 21
        ? Optional.empty()
        : Optional.of("JDK " + jdk + " has no virtual threads (expected: 21 or later)");
  }

  @Benchmark
  @OperationsPerInvocation(READS)
  public void lanes64(RedisReads reads, VirtualThreads threads) {
    threads.read(64, reads::inLane);
  }

  @Benchmark
  @OperationsPerInvocation(READS)
  public void jedis64(RedisReads reads, VirtualThreads threads) {
    threads.read(64, reads::pooled);
  }

  @Benchmark
  @OperationsPerInvocation(READS)
  public void lanes256(RedisReads reads, VirtualThreads threads) {
    threads.read(256, reads::inLane);
  }

  @Benchmark
  @OperationsPerInvocation(READS)
  public void jedis256(RedisReads reads, VirtualThreads threads) {
    threads.read(256, reads::pooled);
  }

  /** A thread for each task, by reflection because this is compiled for JDK 17. */
  @State(Scope.Benchmark)
  public static class VirtualThreads {
    private final ExecutorService executor;

    public VirtualThreads() {
      try {
        executor =
            (ExecutorService)
                Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("no virtual threads", e);
      }
    }

    void read(int threads, IntFunction<byte[]> read) {
      List<Future<?>> running = new ArrayList<>(threads);
      for (int t = 0; t < threads; t++) {
        running.add(
            executor.submit(
                () -> {
                  ThreadLocalRandom random = ThreadLocalRandom.current();
                  long bytes = 0;
                  for (int i = 0; i < READS / threads; i++) {
                    bytes += read.apply(random.nextInt(RedisReads.KEYS)).length;
                  }
                  return bytes;
                }));
      }
      for (Future<?> thread : running) {
        try {
          thread.get();
        } catch (ExecutionException | InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
    }

    @TearDown
    public void close() {
      executor.shutdown();
    }
  }
}
