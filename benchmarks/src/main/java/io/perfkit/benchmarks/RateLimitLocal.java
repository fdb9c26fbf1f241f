package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.TIME;
import static io.perfkit.benchmarks.Target.atMost;

import com.google.common.util.concurrent.RateLimiter;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.local.SynchronizationStrategy;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.perfkit.ratelimit.BoundLimiter;
import io.perfkit.ratelimit.Request;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a check in the process costs, of one policy by one key, for one thread and for two on the
 * same key: beside buckets of Bucket4j in a {@link ConcurrentHashMap} of the same keys, and bound
 * to its key beside a bare bucket, with each of Bucket4j's synchronizations, of which the lock-free
 * one is its default; Guava's limiter and Resilience4j's are asked without a key.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class RateLimitLocal implements Area {
  @Override
  public String name() {
    return "ratelimit-local";
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        Figure.ratio("one-vs-mapped", TIME, "perfkit1", "bucket4jMapped1", atMost(1.0)),
        Figure.ratio(
            "one-vs-mapped-locked", TIME, "perfkit1", "bucket4jMappedLocked1", atMost(1.0)),
        Figure.ratio("two-vs-mapped", TIME, "perfkit2", "bucket4jMapped2", atMost(1.0)),
        Figure.ratio(
            "two-vs-mapped-locked", TIME, "perfkit2", "bucket4jMappedLocked2", atMost(1.0)),
        Figure.ratio("bound-one-vs-bare", TIME, "bound1", "bucket4jLockFree1", atMost(1.15)),
        Figure.ratio("bound-one-vs-bare-locked", TIME, "bound1", "bucket4jLocked1", atMost(1.15)),
        Figure.ratio("bound-two-vs-bare", TIME, "bound2", "bucket4jLockFree2", atMost(1.15)),
        Figure.ratio("bound-two-vs-bare-locked", TIME, "bound2", "bucket4jLocked2", atMost(1.15)));
  }

  @Benchmark
  public boolean perfkit1(Limiters limiters) {
    return limiters.perfkit();
  }

  @Benchmark
  @Threads(2)
  public boolean perfkit2(Limiters limiters) {
    return limiters.perfkit();
  }

  @Benchmark
  public boolean bound1(Limiters limiters) {
    return limiters.bound();
  }

  @Benchmark
  @Threads(2)
  public boolean bound2(Limiters limiters) {
    return limiters.bound();
  }

  @Benchmark
  public boolean bucket4jMapped1(Limiters limiters) {
    return limiters.mapped(SynchronizationStrategy.LOCK_FREE);
  }

  @Benchmark
  @Threads(2)
  public boolean bucket4jMapped2(Limiters limiters) {
    return limiters.mapped(SynchronizationStrategy.LOCK_FREE);
  }

  @Benchmark
  public boolean bucket4jMappedLocked1(Limiters limiters) {
    return limiters.mapped(SynchronizationStrategy.SYNCHRONIZED);
  }

  @Benchmark
  @Threads(2)
  public boolean bucket4jMappedLocked2(Limiters limiters) {
    return limiters.mapped(SynchronizationStrategy.SYNCHRONIZED);
  }

  @Benchmark
  public boolean bucket4jLockFree1(Limiters limiters) {
    return limiters.lockFree.tryConsume(1);
  }

  @Benchmark
  @Threads(2)
  public boolean bucket4jLockFree2(Limiters limiters) {
    return limiters.lockFree.tryConsume(1);
  }

  @Benchmark
  public boolean bucket4jLocked1(Limiters limiters) {
    return limiters.locked.tryConsume(1);
  }

  @Benchmark
  @Threads(2)
  public boolean bucket4jLocked2(Limiters limiters) {
    return limiters.locked.tryConsume(1);
  }

  @Benchmark
  public boolean guava1(Limiters limiters) {
    return limiters.guava.tryAcquire();
  }

  @Benchmark
  @Threads(2)
  public boolean guava2(Limiters limiters) {
    return limiters.guava.tryAcquire();
  }

  @Benchmark
  public boolean resilience4j1(Limiters limiters) {
    return limiters.resilience4j.acquirePermission();
  }

  @Benchmark
  @Threads(2)
  public boolean resilience4j2(Limiters limiters) {
    return limiters.resilience4j.acquirePermission();
  }

  /** One of each, with more permits than can be spent. */
  @State(Scope.Benchmark)
  public static class Limiters {
    private final io.perfkit.ratelimit.RateLimiter perfkit =
        io.perfkit.ratelimit.RateLimiter.local();
    private final String key = "192.0.2.1";
    private final Request request = Request.of("ip", key);
    private final BoundLimiter bound = perfkit.bind(LimitInRedis.ONE, request);
    private final ConcurrentMap<String, Bucket> mapped = new ConcurrentHashMap<>();
    private final Bucket lockFree = bucket(SynchronizationStrategy.LOCK_FREE);
    private final Bucket locked = bucket(SynchronizationStrategy.SYNCHRONIZED);
    private final RateLimiter guava = RateLimiter.create(LimitInRedis.PERMITS);
    private final io.github.resilience4j.ratelimiter.RateLimiter resilience4j =
        io.github.resilience4j.ratelimiter.RateLimiter.of(
            "bench",
            RateLimiterConfig.custom()
                .limitForPeriod((int) LimitInRedis.PERMITS)
                .limitRefreshPeriod(LimitInRedis.PERIOD)
                .timeoutDuration(java.time.Duration.ZERO)
                .build());

    private static Bucket bucket(SynchronizationStrategy strategy) {
      return Bucket.builder()
          .addLimit(
              limit ->
                  limit
                      .capacity(LimitInRedis.PERMITS)
                      .refillGreedy(LimitInRedis.PERMITS, LimitInRedis.PERIOD))
          .withSynchronizationStrategy(strategy)
          .build();
    }

    boolean perfkit() {
      return BenchRedis.admitted(perfkit.check(LimitInRedis.ONE, request).allowed());
    }

    boolean bound() {
      return BenchRedis.admitted(bound.check().allowed());
    }

    /** Each benchmark has a map of its own, since a fork runs one of them. */
    boolean mapped(SynchronizationStrategy strategy) {
      return BenchRedis.admitted(
          mapped.computeIfAbsent(key, any -> bucket(strategy)).tryConsume(1));
    }

    @TearDown
    public void close() {
      perfkit.close();
    }
  }
}
