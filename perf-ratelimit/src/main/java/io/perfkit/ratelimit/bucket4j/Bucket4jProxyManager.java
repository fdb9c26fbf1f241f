package io.perfkit.ratelimit.bucket4j;

import static java.util.Objects.requireNonNull;

import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.BucketListener;
import io.github.bucket4j.TokensInheritanceStrategy;
import io.github.bucket4j.distributed.BucketProxy;
import io.github.bucket4j.distributed.proxy.AsyncProxyManager;
import io.github.bucket4j.distributed.proxy.ProxyManager;
import io.github.bucket4j.distributed.proxy.RecoveryStrategy;
import io.github.bucket4j.distributed.proxy.RemoteBucketBuilder;
import io.github.bucket4j.distributed.proxy.optimization.Optimization;
import io.perfkit.ratelimit.Limit;
import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.Policy;
import io.perfkit.ratelimit.RateLimiter;
import io.perfkit.ratelimit.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.UnifiedJedis;

/**
 * A {@link ProxyManager} of bucket4j over a {@link RateLimiter}, so that code written for bucket4j
 * gets one round trip for each call, the server's clock, and an answer while Redis is down. All
 * bandwidths of a bucket are decided by one script. Thread safe.
 *
 * <p>What a bucket can be: up to {@value #MAX_BANDWIDTHS} bandwidths that refill greedily, begin
 * full, and count in whole microseconds; others are refused when a bucket is built. A bucket has
 * the configuration that its proxy was built with; if that differs from the former one, what was
 * consumed stays consumed. Concurrent calls share commands, so an {@link Optimization} has no
 * effect. Not supported, and refused: the asynchronous and the verbose API, and {@code addTokens}.
 */
public final class Bucket4jProxyManager implements ProxyManager<String>, AutoCloseable {
  /** The most bandwidths of a bucket. */
  public static final int MAX_BANDWIDTHS = 4;

  private static final String KEY = "key";
  private static final int MAX_ASKED = 10_000;

  /** Of the bucket that a thread asks for, while it does. */
  private static final ThreadLocal<@Nullable BucketConfiguration> ASKING = new ThreadLocal<>();

  private final List<Plan> plans = new ArrayList<>(); // by the number of bandwidths
  private final RateLimiter limiter;

  /** The configuration by which a key was asked for last. */
  private final Map<String, BucketConfiguration> asked = new ConcurrentHashMap<>();

  private Bucket4jProxyManager(RateLimiter.Builder builder) {
    Plan plan = Plan.of("bucket4j");
    for (int i = 0; i < MAX_BANDWIDTHS; i++) {
      int place = i;
      builder.limits(name(place), key -> limit(place));
      plan = plan.with(Policy.tokenBucket(name(place), 1, Duration.ofSeconds(1)), KEY);
      plans.add(plan);
    }
    limiter = builder.build();
  }

  /**
   * Buckets in Redis, by a limiter with default settings.
   *
   * @param prefix as for {@link RateLimiter#create}
   */
  public static Bucket4jProxyManager create(UnifiedJedis redis, String prefix) {
    return create(RateLimiter.builder(redis, prefix));
  }

  /** Buckets of the limiter that {@code builder} builds, which is closed with this manager. */
  public static Bucket4jProxyManager create(RateLimiter.Builder builder) {
    return new Bucket4jProxyManager(requireNonNull(builder, "builder"));
  }

  private static String name(int place) {
    return "bandwidth-" + place;
  }

  /** Called by the limiter on the thread that asks for a bucket. */
  private static Optional<Limit> limit(int place) {
    BucketConfiguration configuration = ASKING.get();
    return configuration == null || configuration.getBandwidths().length <= place
        ? Optional.empty()
        : Optional.of(limit(configuration.getBandwidths()[place]));
  }

  private static Limit.TokenBucket limit(Bandwidth bandwidth) {
    if (!bandwidth.isGready() || bandwidth.getInitialTokens() != bandwidth.getCapacity()) {
      throw new IllegalArgumentException(
          "bandwidth: " + bandwidth + " (expected: greedy refill, and full at the beginning)");
    }
    return new Limit.TokenBucket(
        bandwidth.getRefillTokens(),
        Duration.ofNanos(bandwidth.getRefillPeriodNanos()),
        bandwidth.getCapacity());
  }

  /**
   * The configuration, if a bucket can have it.
   *
   * @throws IllegalArgumentException otherwise
   */
  static BucketConfiguration checked(BucketConfiguration configuration) {
    int bandwidths = requireNonNull(configuration, "configuration").getBandwidths().length;
    if (bandwidths > MAX_BANDWIDTHS) {
      throw new IllegalArgumentException(
          "bandwidths: " + bandwidths + " (expected: at most " + MAX_BANDWIDTHS + ")");
    }
    for (Bandwidth bandwidth : configuration.getBandwidths()) {
      Limit unused = limit(bandwidth);
    }
    return configuration;
  }

  /**
   * A proxy with another configuration than the one before: the limiter must not go on with that.
   */
  private void asked(String key, BucketConfiguration configuration) {
    if (asked.size() >= MAX_ASKED) {
      asked.clear(); // the next call of each key looks its configuration up once more
    }
    asked.put(key, configuration);
    changed(key);
  }

  /** What is asked of the limiter about one bucket. */
  interface Question<T> {
    T ask(RateLimiter limiter, Plan plan, Request request);
  }

  <T> T ask(String key, BucketConfiguration configuration, Question<T> question) {
    if (!configuration.equals(asked.get(key))) {
      asked(key, configuration);
    }
    ASKING.set(configuration);
    try {
      Plan plan = plans.get(configuration.getBandwidths().length - 1);
      return question.ask(limiter, plan, Request.of(KEY, key));
    } finally {
      ASKING.remove();
    }
  }

  /** Gives a bucket all its tokens again, whatever its configuration is or was. */
  void reset(String key) {
    try {
      limiter.reset(plans.get(MAX_BANDWIDTHS - 1), Request.of(KEY, key));
    } finally {
      changed(key);
    }
  }

  /** From now on the configuration of the next call counts. */
  void changed(String key) {
    for (int i = 0; i < MAX_BANDWIDTHS; i++) {
      limiter.limitChanged(name(i), key);
    }
  }

  @Override
  public RemoteBucketBuilder<String> builder() {
    return new Builder();
  }

  /**
   * Not supported: a configuration is the application's and is not kept in Redis.
   *
   * @throws UnsupportedOperationException always
   */
  @Override
  public Optional<BucketConfiguration> getProxyConfiguration(String key) {
    throw new UnsupportedOperationException(
        "getProxyConfiguration (expected: the configuration that the application builds with)");
  }

  /** Gives the bucket of a key all its tokens again. Cost: one round trip. */
  @Override
  public void removeProxy(String key) {
    reset(key);
  }

  @Override
  public boolean isAsyncModeSupported() {
    return false;
  }

  /**
   * Not supported.
   *
   * @throws UnsupportedOperationException always
   */
  @Override
  public AsyncProxyManager<String> asAsync() {
    throw new UnsupportedOperationException("asAsync (expected: calls on virtual threads)");
  }

  /** Closes the limiter; the client and what is in Redis stay. */
  @Override
  public void close() {
    limiter.close();
  }

  @Override
  public String toString() {
    return "Bucket4jProxyManager[" + limiter + "]";
  }

  private final class Builder implements RemoteBucketBuilder<String> {
    private BucketListener listener = BucketListener.NOPE;

    /** A bucket that Redis lost is a full one. */
    @Override
    public RemoteBucketBuilder<String> withRecoveryStrategy(RecoveryStrategy strategy) {
      if (strategy != RecoveryStrategy.RECONSTRUCT) {
        throw new UnsupportedOperationException(strategy + " (expected: RECONSTRUCT)");
      }
      return this;
    }

    @Override
    public RemoteBucketBuilder<String> withOptimization(Optimization optimization) {
      return this;
    }

    /** The configuration of a bucket is always that of its proxy. */
    @Override
    public RemoteBucketBuilder<String> withImplicitConfigurationReplacement(
        long version, TokensInheritanceStrategy strategy) {
      return this;
    }

    @Override
    public RemoteBucketBuilder<String> withListener(BucketListener other) {
      listener = requireNonNull(other, "listener");
      return this;
    }

    @Override
    public BucketProxy build(String key, Supplier<BucketConfiguration> configuration) {
      return bucket(key, configuration.get());
    }

    @Override
    @SuppressWarnings("deprecation") // by bucket4j, whose users may still call it
    public BucketProxy build(String key, BucketConfiguration configuration) {
      return bucket(key, configuration);
    }

    private BucketProxy bucket(String key, BucketConfiguration configuration) {
      return new Bucket4jBucket(
          Bucket4jProxyManager.this, requireNonNull(key, "key"), checked(configuration), listener);
    }
  }
}
