package io.perfkit.ratelimit;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.perfkit.redis.GuardConfig;
import java.security.Principal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.UnifiedJedis;

/**
 * Decides whether requests may go on. Counts in this process ({@link #local()}) or in Redis, for
 * all nodes of an application together ({@link #redis}); both decide alike. Thread safe.
 *
 * <p>On Redis all policies of a plan are decided by one script in one round trip, by the server's
 * clock. No call waits longer for Redis than the guard's budget; while Redis can't be asked, each
 * policy decides as {@link Policy#onRedisDown()} says.
 */
public final class RateLimiter implements AutoCloseable {
  private static final int PLANS_MAX = 1_000;

  private final Store store;
  private final ConcurrentMap<Plan, PreparedPlan> plans = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Rule> rules = new ConcurrentHashMap<>();
  private final @Nullable Predicate<? super Principal> bypass;
  private final RateLimiterConfig config;
  private final LongSupplier nanos;

  private RateLimiter(Builder builder) {
    this.config = builder.config;
    this.bypass = builder.bypass;
    this.nanos = builder.nanos;
    this.store = new LocalStore(config, builder.nanos);
  }

  /** A limiter that counts in this process, with default settings. */
  public static RateLimiter local() {
    return localBuilder().build();
  }

  /**
   * A limiter that counts in Redis, with default settings.
   *
   * @param prefix tells applications on one Redis apart; nodes of one application share it
   */
  public static RateLimiter redis(UnifiedJedis redis, String prefix) {
    return builder(redis, prefix).build();
  }

  /** A builder of a limiter that counts in this process. */
  public static Builder localBuilder() {
    return new Builder(null, "local");
  }

  /** A builder of a limiter that counts in Redis. */
  public static Builder builder(UnifiedJedis redis, String prefix) {
    return new Builder(requireNonNull(redis, "redis"), requireNonNull(prefix, "prefix"));
  }

  /**
   * Asks all policies of {@code plan} at once. If each of them admits the request, each is charged
   * its cost; otherwise none is. Cost: at most one round trip; none for a refusal that is
   * remembered, for a principal that is exempt, or in process.
   *
   * @throws IllegalArgumentException if the request lacks a dimension of the plan, or a policy of
   *     the plan has the name of another one
   * @throws IllegalStateException after {@link #close()}, or if more than 1,000 plans were made
   */
  public Decision check(Plan plan, Request request) {
    return tryAcquire(plan, request, 1);
  }

  /**
   * As {@link #check}, for {@code permits} times the cost of each policy: all of them or none.
   *
   * @throws IllegalArgumentException also if {@code permits} is below 1
   */
  public Decision tryAcquire(Plan plan, Request request, long permits) {
    return decide(plan, request, permits, true);
  }

  /** What {@link #check} would decide, without charging anything. Always asks. */
  public Decision peek(Plan plan, Request request) {
    return decide(plan, request, 1, false);
  }

  /**
   * As {@link #check}, but waits while permits are spent: sleeps for each refusal's {@code
   * retryAfter}, without polling, and asks again. Others may be admitted first; there is no queue.
   *
   * @return the admission, or the last refusal: at once if its wait would end after the timeout or
   *     never
   * @throws InterruptedException if interrupted while waiting; nothing is charged
   */
  public Decision await(Plan plan, Request request, Duration timeout) throws InterruptedException {
    long deadline = nanos.getAsLong() + timeout.toNanos();
    while (true) {
      Decision decision = check(plan, request);
      long left = deadline - nanos.getAsLong();
      if (decision.allowed() || decision.retryAfter().compareTo(Duration.ofNanos(left)) > 0) {
        return decision;
      }
      LockSupport.parkNanos(decision.retryAfter().toNanos());
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
    }
  }

  /**
   * Takes an admission back: permits return as far as they have not returned by themselves, and
   * what a {@link Limit.Concurrency} holds is released. Only the first call for a decision does
   * anything, and one that comes late nothing. Cost: one round trip.
   *
   * <p>A bucket gets back what the refunded permits have not regained since: so the bound of {@link
   * Limit.TokenBucket} holds for what was not refunded, however late the refund comes.
   *
   * @return whether it was sent; false if it was refunded before or while Redis can't be asked, and
   *     then the permits return in their time
   */
  public boolean refund(Decision decision) {
    if (requireNonNull(decision, "decision") instanceof Decision.Allowed allowed
        && allowed.standing().takeRefund()) {
      store.refund(allowed.standing());
      return true;
    }
    return false;
  }

  /**
   * Refuses everything from now on that counts under the keys of {@code request} by the policies of
   * {@code plan}; policies without a key in the request are left out. Other plans with the same
   * policies refuse too. The latest call counts. Cost: one round trip.
   *
   * @param duration 1 ms to 365 days
   * @throws RedisDown if Redis did not do it
   */
  public void block(Plan plan, Request request, Duration duration) {
    store.block(present(plan, request), duration);
  }

  /**
   * Gives all permits back to the keys of {@code request} in the policies of {@code plan}, and ends
   * their blocks; policies without a key in the request are left out. Cost: one round trip.
   *
   * @throws RedisDown if Redis did not do it
   */
  public void reset(Plan plan, Request request) {
    store.reset(present(plan, request));
  }

  /** The keys that were refused most on this node, the worst first. */
  public List<Offender> offenders() {
    return List.of();
  }

  /** How this limiter stands. Costs nothing; for a health check. */
  public RateLimiterHealth health() {
    return new RateLimiterHealth(store.available(), store.keys(), store.keys() >= config.keysMax());
  }

  private Decision decide(Plan plan, Request request, long permits, boolean charge) {
    if (permits < 1) {
      throw new IllegalArgumentException("permits: " + permits + " (expected: >= 1)");
    }
    Principal principal = requireNonNull(request, "request").principal();
    if (bypass != null && principal != null && bypass.test(principal)) {
      return Decision.Bypassed.INSTANCE;
    }
    return store.decide(prepared(plan).ask(request, permits), charge);
  }

  private Ask present(Plan plan, Request request) {
    return prepared(plan).askPresent(requireNonNull(request, "request"));
  }

  private PreparedPlan prepared(Plan plan) {
    PreparedPlan known = plans.get(requireNonNull(plan, "plan"));
    return known != null ? known : prepare(plan);
  }

  private PreparedPlan prepare(Plan plan) {
    if (plans.size() >= PLANS_MAX) {
      throw new IllegalStateException(
          "plans: more than " + PLANS_MAX + " (expected: plans that are made once and kept)");
    }
    List<Rule> ofPlan = new ArrayList<>(plan.parts().size());
    for (Plan.Part part : plan.parts()) {
      Rule rule = rule(part.policy());
      if (!rule.policy().equals(part.policy())) {
        throw new IllegalArgumentException(
            "policy: "
                + part.policy()
                + " (expected: as in another plan, "
                + rule.policy()
                + ", or another name)");
      }
      ofPlan.add(rule);
    }
    PreparedPlan prepared = new PreparedPlan(plan, List.copyOf(ofPlan));
    plans.put(plan, prepared);
    return prepared;
  }

  private synchronized Rule rule(Policy policy) {
    return rules.computeIfAbsent(policy.name(), name -> new Rule(policy, rules.size()));
  }

  /** Ends what the limiter started. The client and what is counted in Redis stay. */
  @Override
  public void close() {
    store.close();
  }

  @Override
  public String toString() {
    return "RateLimiter[" + store + "]";
  }

  /** Collects collaborators and rarer settings. One thread at a time. */
  @SuppressWarnings("UnusedVariable") // until there is a store in Redis
  public static final class Builder {
    private final @Nullable UnifiedJedis redis;
    private final String prefix;
    private RateLimiterConfig config = RateLimiterConfig.defaults();
    private GuardConfig guard = GuardConfig.defaults();
    private @Nullable MeterRegistry registry;
    private @Nullable Predicate<? super Principal> bypass;
    private LongSupplier nanos = System::nanoTime;

    private Builder(@Nullable UnifiedJedis redis, String prefix) {
      this.redis = redis;
      this.prefix = prefix;
    }

    /** Bounds; default {@link RateLimiterConfig#defaults()}. */
    public Builder config(RateLimiterConfig settings) {
      config = requireNonNull(settings, "settings");
      return this;
    }

    /** Time budget and probing of Redis; default {@link GuardConfig#defaults()}. */
    public Builder guard(GuardConfig settings) {
      guard = requireNonNull(settings, "settings");
      return this;
    }

    /** Where the meters of this limiter are registered until it is closed; default none. */
    public Builder meterRegistry(MeterRegistry meterRegistry) {
      registry = requireNonNull(meterRegistry, "meterRegistry");
      return this;
    }

    /**
     * Principals that are exempt from every plan. Asked before anything else, only for requests
     * {@linkplain Request#as of an authenticated principal}; what it exempts is counted, and logged
     * once a minute. Must be quick, thread safe, and must not throw.
     */
    public Builder bypass(Predicate<? super Principal> exempt) {
      bypass = requireNonNull(exempt, "exempt");
      return this;
    }

    Builder nanos(LongSupplier clock) {
      nanos = clock;
      return this;
    }

    /**
     * The limiter.
     *
     * @throws IllegalArgumentException for a prefix with other characters than letters, digits and
     *     {@code . _ - :}, or a client that is none of RedisClient, RedisClusterClient and
     *     RedisSentinelClient
     */
    public RateLimiter build() {
      return new RateLimiter(this);
    }
  }
}
