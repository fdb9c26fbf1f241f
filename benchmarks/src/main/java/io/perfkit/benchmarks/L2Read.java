package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.THROUGHPUT;
import static io.perfkit.benchmarks.Target.atLeast;
import static io.perfkit.benchmarks.Target.atMost;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a read of 1 KiB from Redis costs in a lane, beside Jedis with a pool that has a connection
 * for each thread: alone, where it is a plain round trip, and among 64 platform threads.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 10, time = 1)
public class L2Read implements Area {
  private static final int CROWD = 64;

  @Override
  public String name() {
    return "cache-l2-read";
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        Figure.ratio("alone", Measure.TIME, "lanesAlone", "jedisAlone", atMost(1.1)),
        Figure.ratio("crowd", THROUGHPUT, "lanesCrowd", "jedisCrowd", atLeast(2)));
  }

  @Benchmark
  @BenchmarkMode(Mode.AverageTime)
  @OutputTimeUnit(TimeUnit.NANOSECONDS)
  public byte @Nullable [] lanesAlone(RedisReads reads) {
    return reads.inLane(ThreadLocalRandom.current().nextInt(RedisReads.KEYS));
  }

  @Benchmark
  @BenchmarkMode(Mode.AverageTime)
  @OutputTimeUnit(TimeUnit.NANOSECONDS)
  public byte @Nullable [] jedisAlone(RedisReads reads) {
    return reads.pooled(ThreadLocalRandom.current().nextInt(RedisReads.KEYS));
  }

  @Benchmark
  @Threads(CROWD)
  public byte @Nullable [] lanesCrowd(RedisReads reads) {
    return reads.inLane(ThreadLocalRandom.current().nextInt(RedisReads.KEYS));
  }

  @Benchmark
  @Threads(CROWD)
  public byte @Nullable [] jedisCrowd(RedisReads reads) {
    return reads.pooled(ThreadLocalRandom.current().nextInt(RedisReads.KEYS));
  }
}
