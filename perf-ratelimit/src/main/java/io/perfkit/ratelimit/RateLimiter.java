package io.perfkit.ratelimit;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.RedisGuard;
import java.security.Principal;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.UnifiedJedis;

/**
 * A rate limiter: decides whether requests may proceed. Counts in Redis, for all nodes of an
 * application together ({@link #create}), or in this process ({@link #local()}); both decide alike.
 * {@link #disabled()} admits everything. Thread safe.
 *
 * <p>On Redis one script decides all policies of a plan in one round trip, by the server's clock.
 * Concurrent requests of a node share a command (group commit). A command takes at most the guard's
 * budget, and a request that waits for a batch waits at most that time before it; while Redis is
 * down, each policy decides as {@link Policy#onRedisDown()} says.
 */
public final class RateLimiter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RateLimiter.class);
  private static final int PLANS_MAX = 1_000;
  private static final Duration BLOCK_MAX = Duration.ofDays(365);

  /** Pause of a waiter for held permits, whose release is not signalled. */
  private static final Duration HELD_PAUSE = Duration.ofMillis(50);

  private static final byte[] NO_CLOCK = {};

  private final String name;
  private final Store store;
  private final Decisions decisions;
  private final ConcurrentMap<Plan, PreparedPlan> plans = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Rule> rules = new ConcurrentHashMap<>();
  private final PolicyLimits limits;
  private final @Nullable Predicate<? super Principal> bypass;
  private final LongAdder bypassed = new LongAdder();
  private final OncePerMinute bypassLog;
  private final RateLimiterConfig config;
  private final LongSupplier nanos;
  private final Sleeper sleeper;
  private final @Nullable RateLimiterMeters meters;
  private volatile State state;

  private enum State {
    OPEN,
    DISABLED,
    CLOSED
  }

  private RateLimiter(Builder builder) {
    this.state = builder.disabled ? State.DISABLED : State.OPEN;
    this.name = builder.name;
    this.config = builder.config;
    this.bypass = builder.bypass;
    this.limits = new PolicyLimits(builder.lookups, builder.config, builder.nanos);
    this.nanos = builder.nanos;
    this.sleeper = builder.sleeper;
    this.bypassLog = new OncePerMinute(nanos);
    this.store = store(builder);
    this.meters =
        builder.registry == null
            ? null
            : new RateLimiterMeters(builder.registry, builder.name, store, bypassed);
    boolean remembers = builder.redis != null && !config.denialTtl().isZero();
    this.decisions = new Decisions(name, store, meters, config, remembers, nanos);
  }

  private static Store store(Builder builder) {
    RateLimiterConfig config = builder.config;
    UnifiedJedis redis = builder.redis;
    if (redis == null) {
      return new LocalStore(config, rule -> 1, true, builder.nanos, builder.wall);
    }
    RedisStore.keySpace(builder.prefix); // checks the prefix, before threads start
    RedisGuard guard =
        builder.guard(redis).heldBy("rate limiter '" + builder.prefix + "'", 0).build();
    FallbackStore fallback =
        new FallbackStore(config, guard.config().probeEvery(), builder.nanos, builder.wall);
    Store shared =
        new RedisStore(guard, builder.prefix, fallback, builder.wall, builder.serverClock);
    return new LeasingStore(shared, fallback, guard, builder.prefix, builder.nanos);
  }

  /**
   * A limiter that counts in Redis, with default settings.
   *
   * @param prefix separates applications on one Redis; nodes of one application share it; at most
   *     93 letters, digits and {@code . _ - :}
   */
  public static RateLimiter create(UnifiedJedis redis, String prefix) {
    return builder(redis, prefix).build();
  }

  /** A builder of a limiter that counts in Redis; {@code prefix} as for {@link #create}. */
  public static Builder builder(UnifiedJedis redis, String prefix) {
    return new Builder(requireNonNull(redis, "redis"), requireNonNull(prefix, "prefix"));
  }

  /** A limiter that counts in this process, with default settings. */
  public static RateLimiter local() {
    return localBuilder().build();
  }

  /** A builder of a limiter that counts in this process. */
  public static Builder localBuilder() {
    return new Builder(null, "local");
  }

  /**
   * A limiter that admits every request and counts none, for development: each decision is {@link
   * Decision.Bypassed}. It uses no Redis, no memory and no threads.
   */
  public static RateLimiter disabled() {
    Builder builder = localBuilder().name("disabled");
    builder.disabled = true;
    return builder.build();
  }

  /**
   * Asks all policies of {@code plan} at once. If each of them admits the request, each is charged
   * its cost; otherwise none is. Cost: at most one round trip; none for a refusal in the denial
   * cache, for an exempt principal, or in process.
   *
   * @throws IllegalArgumentException if the request lacks a dimension of the plan, or a policy of
   *     the plan has the name of another one
   * @throws IllegalStateException after {@link #close()}, or if more than 1,000 plans were made
   */
  public Decision check(Plan plan, Request request) {
    return check(plan, request, 1);
  }

  /**
   * As {@link #check(Plan, Request)}, for {@code permits} times the cost of each policy: all of
   * them or none.
   *
   * @throws IllegalArgumentException also if {@code permits} is below 1
   */
  public Decision check(Plan plan, Request request, long permits) {
    return decide(plan, request, permits, true);
  }

  /**
   * Binds {@code plan} to the keys of {@code request}, for a caller that checks them often. Costs
   * no round trip.
   *
   * @throws IllegalArgumentException as {@link #check(Plan, Request)}
   * @throws IllegalStateException as {@link #check(Plan, Request)}
   */
  public BoundLimiter bind(Plan plan, Request request) {
    requireOpen();
    PreparedPlan prepared = prepared(plan);
    return new BoundLimiter(
        this, prepared, request, prepared.keep(requireNonNull(request, "request")));
  }

  /** The decision of {@link #check} without a charge. Never uses the denial cache. */
  public Decision peek(Plan plan, Request request) {
    return decide(plan, request, 1, false);
  }

  /**
   * As {@link #check}, but waits while it is refused: sleeps for {@link Decision#retryAfter()}
   * without polling, and asks again. Others may be admitted first; there is no queue. For permits
   * that others hold ({@link Limit.Concurrency}) it asks every 50 ms, since their release is not
   * signalled.
   *
   * @return the admission, or the last refusal: at once if its wait would end after the timeout or
   *     never
   * @throws InterruptedException if interrupted while waiting; nothing is charged
   */
  public Decision await(Plan plan, Request request, Duration timeout) throws InterruptedException {
    long limit = Limit.nanos(requireNonNull(timeout, "timeout"));
    long start = nanos.getAsLong();
    while (true) {
      Decision decision = check(plan, request);
      if (decision.allowed()) {
        return decision;
      }
      Duration wait = pause(decision);
      if (wait.compareTo(Duration.ofNanos(limit - (nanos.getAsLong() - start))) > 0) {
        return decision;
      }
      sleeper.sleep(Limit.nanos(wait));
    }
  }

  private static Duration pause(Decision refusal) {
    boolean held =
        refusal
            .binding()
            .filter(status -> status.policy().limit() instanceof Limit.Concurrency)
            .isPresent();
    return held && refusal.retryAfter().compareTo(HELD_PAUSE) > 0
        ? HELD_PAUSE
        : refusal.retryAfter();
  }

  /**
   * Takes an admission back: permits return as far as they have not returned by themselves, and
   * permits held by a {@link Limit.Concurrency} are released. Only the first call for a decision
   * has an effect, and a late call has none. Cost: one round trip.
   *
   * <p>A bucket gets back only the refunded permits that it has not regained since: so the bound of
   * {@link Limit.TokenBucket} holds for all permits that were not refunded, however late the refund
   * comes.
   *
   * @return whether it was done; false if the decision charged nothing, was refunded before, Redis
   *     did not answer, or the limiter is closed; then the permits return in their time
   */
  public boolean refund(Decision decision) {
    return refund(decision, CheckResult.Refund::isWhole, 0);
  }

  /**
   * Takes a part of an admission back, for a request that cost less than it asked for: {@code
   * permits} times the cost of each policy, as far as they have not returned by themselves. Several
   * parts may be taken back, until nothing is left. Permits that are held by a {@link
   * Limit.Concurrency} stay held. Cost: one round trip.
   *
   * @param permits at least 1
   * @return whether it was done; false if fewer permits of the decision are left, or Redis did not
   *     answer
   */
  public boolean refund(Decision decision, long permits) {
    return refund(decision, part -> false, requirePermits(permits));
  }

  /**
   * @param permits 0 for all that are left
   */
  private boolean refund(Decision decision, Predicate<CheckResult.Refund> releases, long permits) {
    if (!(requireNonNull(decision, "decision") instanceof Decision.Allowed allowed)) {
      return false;
    }
    CheckResult.Refund part = allowed.result().takeRefund(permits);
    boolean charged = part.permits() > 0;
    boolean held = releases.test(part) && allowed.result().takeRelease();
    return (charged || held)
        && giveBack(allowed.result(), part, rule -> rule.leases() ? held : charged);
  }

  /**
   * Charges each policy of {@code plan} {@code permits} times its cost, also if it has fewer
   * permits left: for what a request turned out to cost beyond what it had asked for. A bucket then
   * owes permits and refuses until they have returned; a window is full. The charge is made whether
   * or not the keys are blocked; permits of a {@link Limit.Concurrency} are held and not charged.
   * Cost: one round trip, or none if no policy has anything to charge.
   *
   * @return whether it was done; false if the principal is exempt or Redis did not answer
   * @throws IllegalArgumentException if {@code permits} is below 1, or a policy of the plan is
   *     leased; otherwise as {@link #check(Plan, Request)}
   */
  public boolean charge(Plan plan, Request request, long permits) {
    requirePermits(permits);
    requireOpen();
    Principal principal = requireNonNull(request, "request").principal();
    if (state == State.DISABLED || isExempt(principal)) {
      return false;
    }
    CheckRequest check = prepared(plan).check(request, permits);
    CheckRequest charged = check.only(i -> !check.rule(i).leases());
    return charged.size() == 0 || store.charge(charged);
  }

  /**
   * Releases the permits that an admitted request holds by {@link Limit.Concurrency}, and refunds
   * no others. To be called when the request is done. Only the first call for a decision has an
   * effect. Cost: one round trip, or none without held permits.
   *
   * @return whether it was done; if Redis did not answer, or the limiter is closed, the permits
   *     return when their lease ends
   */
  public boolean release(Decision decision) {
    return requireNonNull(decision, "decision") instanceof Decision.Allowed allowed
        && allowed.result().takeRelease()
        && giveBack(allowed.result(), allowed.result().whole(), Rule::leases);
  }

  /**
   * Holds the permits that an admitted request holds by {@link Limit.Concurrency} for their whole
   * {@code maxHold} again, from now on: so a request may take longer than that, and permits of a
   * process that died return soon. To be called about three times in each {@code maxHold} while the
   * request is under way. Cost: one round trip, or none without held permits.
   *
   * @return whether the request still holds all that it was admitted with, also if it never held
   *     permits; false after {@link #release}, after {@code maxHold} without a call, when others
   *     may hold them, or if Redis did not answer
   */
  public boolean renew(Decision decision) {
    requireOpen();
    if (!(requireNonNull(decision, "decision") instanceof Decision.Allowed allowed)) {
      return decision.allowed();
    }
    CheckResult result = allowed.result();
    return !result.check().holds() || (result.holds() && store.renew(result));
  }

  /** After close, too: what a request holds must not replace its result by an exception. */
  private boolean giveBack(CheckResult result, CheckResult.Refund part, Predicate<Rule> which) {
    if (state == State.CLOSED) {
      return false;
    }
    boolean done = store.giveBack(result, part, which);
    decisions.forget(result.check());
    return done;
  }

  /**
   * Refuses from now on each request that counts under the keys of {@code request} by the policies
   * of {@code plan}; policies without a key in the request are not affected. Other plans with the
   * same policies refuse too. The latest call counts. Cost: one round trip.
   *
   * @param duration 1 ms to 365 days
   * @throws io.perfkit.redis.RedisUnavailable if Redis did not answer; whether it was done is
   *     unknown, unless the message says that the command was not sent
   */
  public void block(Plan plan, Request request, Duration duration) {
    if (requireNonNull(duration, "duration").compareTo(Duration.ofMillis(1)) < 0
        || duration.compareTo(BLOCK_MAX) > 0) {
      throw new IllegalArgumentException(
          "duration: " + duration + " (expected: 1 ms to " + BLOCK_MAX + ")");
    }
    if (state == State.DISABLED) {
      return;
    }
    CheckRequest check = present(plan, request);
    try {
      store.block(check, duration);
    } finally {
      decisions.forget(check);
    }
  }

  /**
   * Gives all permits back to the keys of {@code request} in the policies of {@code plan}, and ends
   * their blocks; policies without a key in the request are not affected. Cost: one round trip.
   *
   * @throws io.perfkit.redis.RedisUnavailable if Redis did not answer; whether it was done is
   *     unknown, unless the message says that the command was not sent
   */
  public void reset(Plan plan, Request request) {
    if (state == State.DISABLED) {
      return;
    }
    requireOpen();
    CheckRequest check = prepared(plan).checkPresent(requireNonNull(request, "request"), false);
    try {
      store.reset(check);
    } finally {
      decisions.forget(check);
    }
  }

  /**
   * Reports that the limit of a key has changed, which {@link Builder#limits} looks up: this node
   * does so again at the key's next request, other nodes after {@link RateLimiterConfig#limitTtl()}
   * at most. What was spent stays spent. Costs nothing.
   *
   * @param key as it is given to a {@link Request}
   * @throws IllegalArgumentException if limits of that policy are not looked up
   */
  public void limitChanged(String policy, String key) {
    limits.changed(policy, key);
  }

  /**
   * The keys that were refused most on this node, the worst first; at most {@link
   * RateLimiterConfig#maxRefusedKeys()}. Costs no round trip.
   */
  public List<RefusedKey> topRefused() {
    return decisions.topRefused();
  }

  /**
   * Counts of this limiter's decisions so far, which never fall. Costs no round trip; in process it
   * visits the counters of all keys.
   */
  public RateLimiterStats stats() {
    long allowed = 0;
    long denied = 0;
    long fromCache = 0;
    long degraded = 0;
    for (Rule rule : rules.values()) {
      allowed += store.allowed(rule);
      denied += rule.denied.sum();
      fromCache += rule.deniedFromCache.sum();
      degraded += rule.degraded.sum();
    }
    return new RateLimiterStats(
        allowed, denied, fromCache, degraded, bypassed.sum(), store.keys(), store.overflows());
  }

  /** The state of this limiter, for a health check. Costs no round trip. */
  public RateLimiterHealth health() {
    return new RateLimiterHealth(store.breaker(), store.keys(), store.isFull());
  }

  private Decision decide(Plan plan, Request request, long permits, boolean charge) {
    if (state != State.OPEN) {
      requireOpen();
      requireNonNull(plan, "plan");
      requireNonNull(request, "request");
      return Decision.Bypassed.INSTANCE;
    }
    requirePermits(permits);
    Principal principal = requireNonNull(request, "request").principal();
    if (isExempt(principal)) {
      bypassed(plan);
      return Decision.Bypassed.INSTANCE;
    }
    return prepared(plan).decide(request, permits, charge);
  }

  Decision decide(BoundLimiter bound, long permits, boolean charge) {
    if (state != State.OPEN) {
      requireOpen();
      return Decision.Bypassed.INSTANCE;
    }
    requirePermits(permits);
    if (isExempt(bound.request().principal())) {
      bypassed(bound.plan().plan());
      return Decision.Bypassed.INSTANCE;
    }
    CheckRequest check = bound.known();
    return check == null
        ? bound.plan().decide(bound.request(), permits, charge)
        : bound.plan().decide(check.times(permits), charge);
  }

  private static long requirePermits(long permits) {
    if (permits < 1) {
      throw new IllegalArgumentException("permits: " + permits + " (expected: >= 1)");
    }
    return permits;
  }

  private boolean isExempt(@Nullable Principal principal) {
    return bypass != null && principal != null && bypass.test(principal);
  }

  private void bypassed(Plan plan) {
    bypassed.increment();
    if (bypassLog.isDue()) {
      LOG.info("{} requests were exempt so far, the last one from {}", bypassed.sum(), plan.name());
    }
  }

  private CheckRequest present(Plan plan, Request request) {
    requireOpen();
    return prepared(plan).checkPresent(requireNonNull(request, "request"), true);
  }

  private void requireOpen() {
    if (state == State.CLOSED) {
      throw new IllegalStateException("closed, " + this);
    }
  }

  private PreparedPlan prepared(Plan plan) {
    if (requireNonNull(plan, "plan").prepared() instanceof PreparedPlan first
        && first.isOf(decisions)) {
      return first;
    }
    PreparedPlan known = plans.get(plan);
    return known != null ? known : prepare(plan);
  }

  private synchronized PreparedPlan prepare(Plan plan) {
    if (plans.size() >= PLANS_MAX) {
      throw new IllegalStateException(
          "plans: more than " + PLANS_MAX + " (expected: plans that are made once and kept)");
    }
    if (plan.parts().isEmpty()) {
      throw new IllegalArgumentException(
          "plan: '"
              + plan.name()
              + "' has no policies (expected: at least one; with(..) returns a new plan)");
    }
    Rule[] ofPlan = new Rule[plan.parts().size()];
    for (int i = 0; i < ofPlan.length; i++) {
      Policy policy = plan.parts().get(i).policy();
      Rule known = rules.get(policy.name());
      if (known != null && !known.policy().equals(policy)) {
        throw new IllegalArgumentException(
            "policy: "
                + policy
                + " (expected: as in another plan, "
                + known.policy()
                + ", or another name)");
      }
      ofPlan[i] = known != null ? known : rule(policy);
    }
    PreparedPlan prepared = new PreparedPlan(plan, ofPlan, limits.of(ofPlan), decisions);
    plans.put(plan, prepared);
    if (!(plan.prepared() instanceof PreparedPlan first) || first.isClosed()) {
      plan.prepared(prepared);
    }
    return prepared;
  }

  private Rule rule(Policy policy) {
    Rule rule = new Rule(policy, rules.size());
    limits.bind(rule);
    rules.put(policy.name(), rule);
    if (meters != null) {
      meters.bind(rule);
    }
    return rule;
  }

  /** Ends the threads and the guard of the limiter. The client and the state in Redis stay. */
  @Override
  public void close() {
    state = State.CLOSED;
    decisions.close();
    store.close();
    if (meters != null) {
      meters.close();
    }
  }

  @Override
  public String toString() {
    return "RateLimiter[" + name + ", " + store + "]";
  }

  /** Collects collaborators and rarer settings. One thread at a time. */
  public static final class Builder {
    private final @Nullable UnifiedJedis redis;
    private final String prefix;
    private String name;
    private boolean disabled;
    private RateLimiterConfig config = RateLimiterConfig.defaults();
    private @Nullable GuardConfig guardConfig;
    private @Nullable RedisGuard hostsGuard;
    private @Nullable MeterRegistry registry;
    private @Nullable Predicate<? super Principal> bypass;
    private final Map<String, Function<? super String, Optional<Limit>>> lookups = new HashMap<>();
    private LongSupplier nanos = System::nanoTime;
    private InstantSource wall = InstantSource.system();
    private Sleeper sleeper = Sleeper.parking();
    private Supplier<byte[]> serverClock = () -> NO_CLOCK;

    private Builder(@Nullable UnifiedJedis redis, String prefix) {
      this.redis = redis;
      this.prefix = prefix;
      this.name = prefix;
    }

    /**
     * Identifies this limiter in meters, as their tag {@code limiter}, and in messages; default the
     * prefix, or {@code local}. A limiter that is opened while another one of the same name uses
     * the same registry gets a number after its name in the tag.
     */
    public Builder name(String limiter) {
      name = requireNonNull(limiter, "limiter");
      return this;
    }

    /** Bounds; default {@link RateLimiterConfig#defaults()}. */
    public Builder config(RateLimiterConfig settings) {
      config = requireNonNull(settings, "settings");
      return this;
    }

    /**
     * Time budget and breaker of the guard that this limiter shares with all components on its
     * client. Default: those of the components that are open, else {@link GuardConfig#defaults()}.
     */
    public Builder guard(GuardConfig settings) {
      guardConfig = requireNonNull(settings, "settings");
      return this;
    }

    /**
     * The host's own guard, which stays the host's to close; default one that the limiter opens.
     */
    public Builder guard(RedisGuard host) {
      hostsGuard = requireNonNull(host, "host");
      return this;
    }

    private RedisGuard.Builder guard(UnifiedJedis client) {
      RedisGuard.Builder guard = RedisGuard.builder(client);
      if (guardConfig != null) {
        guard.config(guardConfig);
      }
      if (hostsGuard != null) {
        guard.sharing(hostsGuard);
      }
      if (registry != null) {
        guard.meterRegistry(registry);
      }
      return guard;
    }

    /** The registry of this limiter's meters until it is closed; default none. */
    public Builder meterRegistry(MeterRegistry meterRegistry) {
      registry = requireNonNull(meterRegistry, "meterRegistry");
      return this;
    }

    /**
     * Chooses principals that are exempt from every plan. Called first, only for requests
     * {@linkplain Request#as of an authenticated principal}; exempt requests are counted, and
     * logged once a minute. Must be quick, thread safe, and must not throw.
     */
    public Builder bypass(Predicate<? super Principal> exempt) {
      bypass = requireNonNull(exempt, "exempt");
      return this;
    }

    /**
     * Looks up limits of single keys of a policy, such as those that customers have by contract.
     * Called on the thread of a request whose key's limit is not known, or is older than {@link
     * RateLimiterConfig#limitTtl()}; may block, and several threads may ask for a new key at once.
     * If it throws, the key goes on with the limit that was found before, else with the policy's
     * own, and the failure is logged. An exception of {@link RateLimiter#check} reports a limit
     * that the policy can't have, such as one below its cost.
     *
     * <p>When a limit changes, what was spent stays spent: as in a rolling deployment, see {@code
     * docs/concepts/rate-limits.md}.
     *
     * @param policy name of a policy that counts by a dimension and has no lease
     * @param lookup the limit of a key, or empty for the policy's own; a key of more than 200
     *     characters arrives as its digest
     * @throws IllegalArgumentException if the limits of that policy are looked up already
     */
    public Builder limits(String policy, Function<? super String, Optional<Limit>> lookup) {
      requireNonNull(lookup, "lookup");
      if (lookups.putIfAbsent(requireNonNull(policy, "policy"), lookup) != null) {
        throw new IllegalArgumentException(
            "policy: '" + policy + "' (expected: a policy whose limits are not looked up yet)");
      }
      return this;
    }

    /** In tests, other clocks than the machine's. */
    Builder clocks(LongSupplier elapsed, InstantSource instants, Sleeper sleep) {
      nanos = elapsed;
      wall = instants;
      sleeper = sleep;
      return this;
    }

    /** In tests, the time that scripts use instead of the server's, as digits. */
    Builder serverClock(Supplier<byte[]> digits) {
      serverClock = digits;
      return this;
    }

    /**
     * The limiter.
     *
     * @throws IllegalArgumentException for a prefix that is longer than 93 characters or has others
     *     than letters, digits and {@code . _ - :}, a client that is none of RedisClient,
     *     RedisClusterClient and RedisSentinelClient, one whose pool has no connection left for the
     *     host, one whose other components have another {@link GuardConfig}, or a guard of another
     *     client
     */
    public RateLimiter build() {
      return new RateLimiter(this);
    }
  }
}
