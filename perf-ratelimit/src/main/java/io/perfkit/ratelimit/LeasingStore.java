package io.perfkit.ratelimit;

import io.perfkit.redis.BreakerState;
import io.perfkit.redis.KeySpace;
import io.perfkit.redis.RedisException;
import io.perfkit.redis.RedisGuard;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides leased policies first, from permits that this node holds, and delegates the others to
 * another store. If that store refuses, the permits are put back. Thread safe. Owns one thread,
 * {@code perf-ratelimit-leases}, which starts with the first lease.
 *
 * <pre>
 * state  prefix:{leases.P}:v1:policy:key   as lease.lua says, P 0 to 63
 * </pre>
 */
final class LeasingStore implements Store {
  /** Most keys for which a node leases permits; for further keys it asks for single permits. */
  static final int BUCKETS_MAX = 1_000;

  private static final Logger LOG = LoggerFactory.getLogger(LeasingStore.class);
  private static final int PARTITIONS = 64;
  private static final int TICKS = 4; // in the life of a lease

  /** The largest part of a bucket that one request asks for. */
  private static final int SHARES = 8;

  private final Store others;
  private final FallbackStore fallback;
  private final RedisGuard guard;
  private final KeySpace keys;
  private final LongSupplier nanos;
  private final String node = "n" + Long.toHexString(ThreadLocalRandom.current().nextLong()) + "-";
  private final AtomicLong bucketsMade = new AtomicLong();
  private final LongAdder overflows = new LongAdder();
  private final Map<Key, Held> held = new ConcurrentHashMap<>();
  private final ScheduledThreadPoolExecutor keeper;

  /**
   * @param others decides what is not leased
   * @param fallback decides a request whose leases Redis did not grant
   */
  LeasingStore(
      Store others, FallbackStore fallback, RedisGuard guard, String prefix, LongSupplier nanos) {
    this.others = others;
    this.fallback = fallback;
    this.guard = guard;
    this.keys = KeySpace.of(prefix, "leases").withPartitions(PARTITIONS);
    this.nanos = nanos;
    this.keeper =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "perf-ratelimit-leases");
              thread.setDaemon(true);
              return thread;
            });
    keeper.setRemoveOnCancelPolicy(true);
    keeper.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy()); // once it is closed
  }

  private record Key(Rule rule, String key) {}

  private record Held(LeasedBucket bucket, Future<?> ticking) {}

  /** Permits that were taken for one rule of a request. */
  private record Taken(LeasedBucket bucket, long sequence, long permits) {}

  @Override
  public CheckResult decide(CheckRequest check, boolean charge) {
    int leased = 0;
    for (int i = 0; i < check.size(); i++) {
      leased += check.rule(i).leased() ? 1 : 0;
    }
    return leased == 0
        ? others.decide(check, charge)
        : decide(check, charge, new Taken[check.size()]);
  }

  private CheckResult decide(CheckRequest check, boolean charge, @Nullable Taken[] taken) {
    long[] numbers = new long[check.size() * CheckResult.WIDTH];
    for (int i = 0; i < check.size(); i++) {
      if (check.rule(i).leased()) {
        long wait;
        try {
          wait = charge ? take(check, i, taken, numbers) : look(check, i, numbers);
        } catch (RedisException e) {
          putBack(taken);
          return fallback.decide(check, charge);
        }
        if (wait > 0) {
          putBack(taken);
          return CheckResult.of(check, numbers).only(i);
        }
      }
    }
    CheckRequest rest = check.only(i -> !check.rule(i).leased());
    if (rest.size() == 0) {
      return CheckResult.of(check, numbers);
    }
    CheckResult decided = others.decide(rest, charge);
    if (decided.worst() >= 0 || decided.degraded()) {
      if (decided.worst() >= 0) {
        putBack(taken);
      }
      return decided;
    }
    for (int i = 0, other = 0; i < check.size(); i++) {
      if (!check.rule(i).leased()) {
        decided.copy(other++, numbers, i);
      }
    }
    return new CheckResult(check, numbers, decided.leases(), false);
  }

  private long take(CheckRequest check, int i, @Nullable Taken[] taken, long[] numbers) {
    Rule rule = check.rule(i);
    long cost = check.cost(i);
    Key key = new Key(rule, check.key(i));
    LeasedBucket bucket = bucket(key);
    if (bucket == null) {
      overflows.increment();
      LeaseServer.Grant grant =
          server(key, Duration.ZERO).lease(new LeaseServer.Want(1, 0, 0, 0, cost, cost));
      return write(rule, numbers, i, 0, grant.granted() == cost ? 0 : grant.waitMicros() * 1_000);
    }
    long sequence = bucket.sequence();
    long wait = bucket.take(cost);
    if (wait == 0) {
      taken[i] = new Taken(bucket, sequence, cost);
      if (bucket.sequence() == sequence) {
        rule.leaseHits.increment();
      }
    }
    return write(rule, numbers, i, bucket.left(), wait);
  }

  private long look(CheckRequest check, int i, long[] numbers) {
    Held known = held.get(new Key(check.rule(i), check.key(i)));
    long left = known == null ? 0 : known.bucket().left();
    long wait = known == null || left >= check.cost(i) ? 0 : known.bucket().refusedNanos();
    return write(check.rule(i), numbers, i, left, wait);
  }

  /**
   * Writes the numbers of a leased rule: of the permits that this node holds, not of other nodes.
   */
  private static long write(Rule rule, long[] numbers, int i, long left, long waitNanos) {
    long capacity = rule.policy().limit().capacity();
    int at = i * CheckResult.WIDTH;
    numbers[at + CheckResult.CODE] = waitNanos > 0 ? CheckResult.SPENT : CheckResult.ADMITS;
    numbers[at + CheckResult.LIMIT] = capacity;
    numbers[at + CheckResult.REMAINING] = left;
    numbers[at + CheckResult.RESET] = Math.max(0, capacity - left) * rule.a() / rule.b();
    numbers[at + CheckResult.WAIT] = (waitNanos + 999) / 1_000;
    return waitNanos;
  }

  private static void putBack(@Nullable Taken[] taken) {
    for (Taken one : taken) {
      if (one != null) {
        one.bucket().putBack(one.sequence(), one.permits());
      }
    }
  }

  private @Nullable LeasedBucket bucket(Key key) {
    Held known = held.get(key);
    if (known != null) {
      return known.bucket();
    }
    if (held.size() >= BUCKETS_MAX) {
      return null;
    }
    return held.computeIfAbsent(key, this::open).bucket();
  }

  private Held open(Key key) {
    Duration life = key.rule().policy().lease();
    LeasedBucket bucket =
        new LeasedBucket(
            server(key, life),
            nanos,
            keeper,
            life,
            Math.max(LeasedBucket.SIZE_MIN, key.rule().policy().limit().capacity() / SHARES));
    long pause = life.toNanos() / TICKS;
    return new Held(
        bucket,
        keeper.scheduleWithFixedDelay(() -> tick(key, bucket), pause, pause, TimeUnit.NANOSECONDS));
  }

  private LeaseServer server(Key key, Duration life) {
    Rule rule = key.rule();
    LeaseScript script =
        new LeaseScript(
            guard,
            keys.key(rule.policy().name(), key.key()),
            (Limit.TokenBucket) rule.policy().limit(),
            node + bucketsMade.incrementAndGet(),
            life);
    return want -> {
      LeaseServer.Grant grant = script.lease(want);
      rule.leaseGranted.add(grant.granted());
      rule.leaseReturned.add(want.unused());
      return grant;
    };
  }

  private void tick(Key key, LeasedBucket bucket) {
    try {
      if (bucket.tick()) {
        forget(key);
      }
    } catch (RedisException e) {
      LOG.debug("leases of policy {}: {}", key.rule().policy().name(), e.getMessage());
    } catch (RuntimeException e) { // otherwise the ticking would end
      LOG.warn("leases of policy {}", key.rule().policy().name(), e);
    }
  }

  private void forget(Key key) {
    Held gone = held.remove(key);
    if (gone != null) {
      gone.ticking().cancel(false);
    }
  }

  /** Leased permits are not given back: they were counted when the node got them. */
  @Override
  public boolean giveBack(CheckResult result, CheckResult.Refund refund, Predicate<Rule> which) {
    if (result.degraded()) {
      return others.giveBack(result, refund, which);
    }
    boolean done = others.giveBack(result, refund, rule -> !rule.leased() && which.test(rule));
    for (int i = 0; i < result.check().size(); i++) {
      Rule rule = result.check().rule(i);
      done &= !(rule.leased() && which.test(rule));
    }
    return done;
  }

  @Override
  public boolean charge(CheckRequest check) {
    requireNotLeased(check, "a charge beyond what is left");
    return others.charge(check);
  }

  @Override
  public boolean renew(CheckResult result) {
    return others.renew(result);
  }

  @Override
  public void block(CheckRequest check, Duration duration) {
    requireNotLeased(check, "a block");
    others.block(check, duration);
  }

  private static void requireNotLeased(CheckRequest check, String what) {
    for (int i = 0; i < check.size(); i++) {
      if (check.rule(i).leased()) {
        throw new IllegalArgumentException(
            "policy: '"
                + check.rule(i).policy().name()
                + "' (expected: one that is not leased; nodes that hold permits would not hear of "
                + what
                + ")");
      }
    }
  }

  @Override
  public void reset(CheckRequest check) {
    for (int i = 0; i < check.size(); i++) {
      if (check.rule(i).leased()) {
        reset(new Key(check.rule(i), check.key(i)));
      }
    }
    others.reset(check.only(i -> !check.rule(i).leased()));
  }

  private void reset(Key key) {
    forget(key);
    byte[] state = keys.key(key.rule().policy().name(), key.key());
    RedisStore.RESET.run(guard, List.of(state), List.of()); // sent once, as every script is
  }

  @Override
  public BreakerState breaker() {
    return others.breaker();
  }

  @Override
  public int keys() {
    return others.keys() + held.size();
  }

  @Override
  public boolean isFull() {
    return others.isFull();
  }

  @Override
  public long overflows() {
    return others.overflows() + overflows.sum();
  }

  /** Returns the permits that are held, as far as Redis answers; then closes the other store. */
  @Override
  public void close() {
    keeper.shutdownNow();
    for (Held one : held.values()) {
      try {
        one.bucket().close();
      } catch (RedisException e) {
        LOG.debug("leases end by themselves: {}", e.getMessage());
      }
    }
    held.clear();
    others.close();
  }

  @Override
  public String toString() {
    return others.toString();
  }
}
