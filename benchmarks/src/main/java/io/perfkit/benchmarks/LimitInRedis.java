package io.perfkit.benchmarks;

import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.Policy;
import io.perfkit.ratelimit.RateLimiter;
import io.perfkit.ratelimit.RateLimiterConfig;
import io.perfkit.ratelimit.Request;
import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.KeySpace;
import io.perfkit.redis.RedisScript;
import io.perfkit.testing.RedisProcess;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import redis.clients.jedis.RedisClient;

/** Our limiter on a Redis of its own. A check that is refused throws, so only admissions count. */
@State(Scope.Benchmark)
public class LimitInRedis {
  static final int KEYS = 10_000;

  /** More than any of these can spend, in a form that all peers know. */
  static final long PERMITS = 1_000_000_000;

  static final Duration PERIOD = Duration.ofSeconds(1);

  private static final Policy FIRST = Policy.tokenBucket("first", PERMITS, PERIOD);

  static final Plan ONE = Plan.of("one").with(FIRST, "ip");
  static final Plan THREE =
      Plan.of("three")
          .with(FIRST, "ip")
          .with(Policy.tokenBucket("second", PERMITS, PERIOD), "user")
          .with(Policy.tokenBucket("third", PERMITS, PERIOD), "path");

  final RedisProcess redis = RedisProcess.start();
  final RedisClient client = BenchRedis.client(redis);
  final RateLimiter limiter =
      RateLimiter.builder(client, "bench")
          .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
          .config(RateLimiterConfig.builder().maxKeys(2 * KEYS).build())
          .build();

  private static final RedisScript CHECK = RedisScript.load(RateLimiter.class, "check.lua");

  private final Request[] requests = new Request[KEYS];
  private final List<List<byte[]>> keys = new ArrayList<>(KEYS);
  private final List<byte[]> arguments = List.of(new byte[0], ask());

  public LimitInRedis() {
    for (int i = 0; i < KEYS; i++) {
      keys.add(List.of(KeySpace.of("bench", "limits").key("first", "192.0.2." + i)));
      requests[i] = Request.of("ip", "192.0.2." + i).with("user", "user" + i).with("path", "/");
    }
  }

  boolean check(Plan plan, int key) {
    return BenchRedis.admitted(limiter.check(plan, requests[key]).allowed());
  }

  /** The script that decides {@link #ONE}, with its arguments, through the client's pool. */
  boolean pooled(int key) {
    return CHECK.run(client, keys.get(key), arguments) != null;
  }

  /**
   * As check.lua takes one request of one rule, a token bucket: kind, no shadow, cost, limit, units
   * of a permit and a us.
   */
  private static byte[] ask() {
    return ByteBuffer.allocate(39)
        .put((byte) 1)
        .putInt(1)
        .put((byte) 'b')
        .put((byte) '0')
        .putLong(1)
        .putLong(PERMITS)
        .putLong(1)
        .putLong(PERMITS / TimeUnit.SECONDS.toMicros(PERIOD.toSeconds()))
        .array();
  }

  @TearDown
  public void close() {
    limiter.close();
    client.close();
    redis.close();
  }
}
