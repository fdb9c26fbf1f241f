package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.THROUGHPUT;
import static io.perfkit.benchmarks.Target.atLeast;

import io.perfkit.ratelimit.Decision;
import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.Policy;
import io.perfkit.ratelimit.Request;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One caller's checks of a leased policy beside checks that ask Redis each time: with more permits
 * than can be spent, so that all are admissions, and of 100,000 permits a second, so that most are
 * refusals.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(2)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 6, time = 1)
public class RateLimitLease implements Area {
  private static final Duration LIFE = Duration.ofSeconds(1);
  private static final Plan ENOUGH =
      Plan.of("enough")
          .with(
              Policy.tokenBucket("enough", LimitInRedis.PERMITS, LimitInRedis.PERIOD).leased(LIFE));
  private static final Plan SCARCE =
      Plan.of("scarce")
          .with(Policy.tokenBucket("scarce", 100_000, Duration.ofSeconds(1)).leased(LIFE));

  @Override
  public String name() {
    return "ratelimit-lease";
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        Figure.ratio("admissions", THROUGHPUT, "leased", "single", atLeast(50)),
        Figure.ratio("checks-at-the-limit", THROUGHPUT, "leasedScarce", "single", atLeast(50)));
  }

  @Benchmark
  public boolean leased(LimitInRedis ours) {
    return BenchRedis.admitted(ours.limiter.check(ENOUGH, Request.of()).allowed());
  }

  @Benchmark
  public Decision leasedScarce(LimitInRedis ours) {
    return ours.limiter.check(SCARCE, Request.of());
  }

  @Benchmark
  public boolean single(LimitInRedis ours) {
    return ours.check(LimitInRedis.ONE, 0);
  }
}
