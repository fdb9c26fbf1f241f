package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.THROUGHPUT;
import static io.perfkit.benchmarks.Target.atLeast;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.RedisGuard;
import io.perfkit.redis.RedisScript;
import java.time.Duration;
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
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What one caller's check of one and of three policies costs, of {@value LimitInRedis#KEYS} keys:
 * beside a script that does nothing, through the same client, and beside three buckets of Bucket4j.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(2)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 6, time = 1)
public class RateLimitRoundTrip implements Area {
  @Override
  public String name() {
    return "ratelimit-round-trip";
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        Figure.ratio("one-policy", THROUGHPUT, "onePolicy", "noop", atLeast(0.8)),
        Figure.ratio("three-policies", THROUGHPUT, "threePolicies", "bucket4jThree", atLeast(4)));
  }

  @Benchmark
  public boolean onePolicy(LimitInRedis ours) {
    return ours.check(LimitInRedis.ONE, key());
  }

  @Benchmark
  public boolean threePolicies(LimitInRedis ours) {
    return ours.check(LimitInRedis.THREE, key());
  }

  @Benchmark
  public @Nullable Object noop(Noop noop) {
    return noop.run();
  }

  @Benchmark
  public boolean bucket4jThree(LimitInBucket4j bucket4j) {
    return bucket4j.three(key());
  }

  private static int key() {
    return ThreadLocalRandom.current().nextInt(LimitInRedis.KEYS);
  }

  /** A script that does nothing, sent as our checks are. */
  @State(Scope.Benchmark)
  public static class Noop {
    private static final RedisScript SCRIPT =
        RedisScript.load(RateLimitRoundTrip.class, "noop.lua");

    private final LimitInRedis server = new LimitInRedis();
    private final RedisGuard guard =
        RedisGuard.builder(server.client)
            .config(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
            .build();
    private final List<byte[]> keys = List.of("key".getBytes(UTF_8));

    @Nullable Object run() {
      return SCRIPT.run(guard, keys, List.of());
    }

    @TearDown
    public void close() {
      guard.close();
      server.close();
    }
  }
}
