package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.BYTES;

import io.perfkit.ratelimit.Decision;
import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.Policy;
import io.perfkit.ratelimit.RateLimiter;
import io.perfkit.ratelimit.RateLimiterConfig;
import io.perfkit.ratelimit.Request;
import io.perfkit.testing.RedisProcess;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import redis.clients.jedis.RedisClient;

/**
 * What a refusal costs that was refused a moment ago: one caller asks again and again for a key
 * that has spent its permits. Commands are counted by Redis itself.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 6, time = 1)
public class RateLimitDenied implements Area {
  @Override
  public String name() {
    return "ratelimit-denied";
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        Figure.limit("commands", Measure.events("commands"), "storm", 0),
        Figure.limit("alloc", BYTES, "storm", 0));
  }

  @Benchmark
  public Decision storm(Denying denying, Commands commands) {
    Decision decision = denying.limiter.check(denying.plan, denying.request);
    if (decision.allowed()) {
      throw new IllegalStateException("admitted (expected: only refusals)");
    }
    return decision;
  }

  /** A limiter that has refused the request once. */
  @State(Scope.Benchmark)
  public static class Denying {
    private final RedisProcess redis = RedisProcess.start();
    private final RedisClient client = BenchRedis.client(redis);
    private final Plan plan =
        Plan.of("strict").with(Policy.tokenBucket("strict", 1, Duration.ofHours(1)), "ip");
    private final Request request = Request.of("ip", "192.0.2.1");
    private final RateLimiter limiter =
        RateLimiter.builder(client, "bench")
            .config(RateLimiterConfig.builder().denialTtl(Duration.ofHours(1)).build())
            .build();

    public Denying() {
      limiter.check(plan, request);
      limiter.check(plan, request);
    }

    /** Scripts that were run, as the server counts them. */
    long scripts() {
      Matcher calls =
          Pattern.compile("cmdstat_eval(?:sha)?:calls=(\\d+)").matcher(client.info("commandstats"));
      return calls.results().mapToLong(found -> Long.parseLong(found.group(1))).sum();
    }

    @TearDown
    public void close() {
      limiter.close();
      client.close();
      redis.close();
    }
  }

  /** What reached Redis in an iteration. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Commands {
    public long commands;
    private long before;

    @Setup(Level.Iteration)
    public void begin(Denying denying) {
      before = denying.scripts();
    }

    @TearDown(Level.Iteration)
    public void end(Denying denying) {
      commands = denying.scripts() - before;
    }
  }
}
