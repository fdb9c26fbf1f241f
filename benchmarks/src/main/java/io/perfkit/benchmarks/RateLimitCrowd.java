package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.THROUGHPUT;
import static io.perfkit.benchmarks.Target.atLeast;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Checks by 64 platform threads, of one hot key and of {@value LimitInRedis#KEYS} keys, beside
 * Bucket4j over Jedis, with and without its batching, and Redisson.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(2)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 6, time = 1)
@Threads(64)
public class RateLimitCrowd implements Area {
  @Override
  public String name() {
    return "ratelimit-crowd";
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        Figure.ratio("hot-vs-bucket4j", THROUGHPUT, "hot", "hotBucket4j", atLeast(50)),
        Figure.ratio("hot-vs-batching", THROUGHPUT, "hot", "hotBucket4jBatching", atLeast(1)),
        Figure.ratio("hot-vs-redisson", THROUGHPUT, "hot", "hotRedisson", atLeast(4)),
        Figure.ratio("keys-vs-bucket4j", THROUGHPUT, "keys", "keysBucket4j", atLeast(3.5)),
        Figure.ratio("keys-vs-redisson", THROUGHPUT, "keys", "keysRedisson", atLeast(5)));
  }

  @Benchmark
  public boolean hot(LimitInRedis ours) {
    return ours.check(LimitInRedis.ONE, 0);
  }

  @Benchmark
  public boolean hotBucket4j(LimitInBucket4j bucket4j) {
    return bucket4j.plain(0);
  }

  @Benchmark
  public boolean hotBucket4jBatching(LimitInBucket4j bucket4j) {
    return bucket4j.batching(0);
  }

  @Benchmark
  public boolean hotRedisson(LimitInRedisson redisson) {
    return redisson.tryAcquire(0);
  }

  @Benchmark
  public boolean keys(LimitInRedis ours) {
    return ours.check(LimitInRedis.ONE, key());
  }

  @Benchmark
  public boolean keysBucket4j(LimitInBucket4j bucket4j) {
    return bucket4j.plain(key());
  }

  @Benchmark
  public boolean keysRedisson(LimitInRedisson redisson) {
    return redisson.tryAcquire(key());
  }

  private static int key() {
    return ThreadLocalRandom.current().nextInt(LimitInRedis.KEYS);
  }
}
