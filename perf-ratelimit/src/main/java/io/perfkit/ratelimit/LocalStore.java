package io.perfkit.ratelimit;

import io.perfkit.redis.BreakerState;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The store that counts in this process. Thread safe. */
final class LocalStore implements Store {

  /* Invariants
   * S1  all counters of a request are locked while it is decided, in the order of the numbers of
   *     their rules.
   * S2  a counter leaves its map only under its lock, if all permits are there or another one goes on
   *     with what they have spent, and is then marked as forgotten for threads that found it before.
   * S3  each policy has about its own bound of counters at most, whatever the others have; then its
   *     new keys share one. */
  private static final int LOOKED_AT = 2;

  /** By the numbers of their rules; replaced at the first request of a rule. */
  private volatile @Nullable Keys[] rules = {};

  private final LongAdder overflows = new LongAdder();
  private final int maxKeys;
  private final long maxBytes;
  private final ToDoubleFunction<Rule> share;
  private final LongSupplier nanos;
  private final InstantSource wall;

  /**
   * @param share the part of a rule's limit that is counted
   */
  LocalStore(
      RateLimiterConfig config,
      ToDoubleFunction<Rule> share,
      LongSupplier nanos,
      InstantSource wall) {
    this.maxKeys = config.maxKeys();
    this.maxBytes = config.maxBytes();
    this.share = share;
    this.nanos = nanos;
    this.wall = wall;
  }

  /** The counters of one policy. */
  private final class Keys {
    private final ConcurrentMap<String, LocalCounter> counts = new ConcurrentHashMap<>();
    private final AtomicInteger size = new AtomicInteger();
    private final Rule general;
    private final LongFunction<LocalCounter> source;
    private final LocalCounter shared;
    private final long max;
    private Iterator<Map.Entry<String, LocalCounter>> hand = Collections.emptyIterator();

    Keys(Rule rule, long now) {
      this.general = rule.base();
      this.source = counters(general);
      this.shared = source.apply(now);
      long bytes = LocalCounters.bytes(general, share.applyAsDouble(general));
      this.max = Math.max(1, Math.min(maxKeys, maxBytes / bytes));
    }

    private LongFunction<LocalCounter> counters(Rule rule) {
      return LocalCounters.of(rule, share.applyAsDouble(rule), wall);
    }

    LocalCounter find(Rule rule, String key, long now) {
      LocalCounter known = counts.get(key);
      if (known == null) {
        return add(rule, key, now);
      }
      return known.isOf(rule) ? known : change(known, rule, key, now);
    }

    /** The counter of a key, by whatever limit it counts. */
    LocalCounter findAsItIs(Rule rule, String key, long now) {
      LocalCounter known = counts.get(key);
      return known == null ? add(rule, key, now) : known;
    }

    private LocalCounter add(Rule rule, String key, long now) {
      tidy(now);
      if (size.get() >= max) {
        overflows.increment();
        return shared;
      }
      LocalCounter added = (rule == general ? source : counters(rule)).apply(now);
      LocalCounter other = counts.putIfAbsent(key, added);
      if (other != null) {
        return other;
      }
      size.incrementAndGet();
      return added;
    }

    /** Replaces the counter of a key whose limit has changed by one that goes on with it. */
    private LocalCounter change(LocalCounter before, Rule rule, String key, long now) {
      before.lock.lock();
      try {
        if (before.forgotten() || before.become(rule)) {
          return before;
        }
        LocalCounter after = counters(rule).apply(now);
        after.begin(before, now);
        before.forget(); // S2
        counts.replace(key, before, after);
        return after;
      } finally {
        before.lock.unlock();
      }
    }

    /**
     * Forgets the counters with all permits among the next few: two are checked for each new one.
     */
    private synchronized void tidy(long now) {
      for (int i = 0; i < LOOKED_AT; i++) {
        if (!hand.hasNext()) {
          hand = counts.entrySet().iterator();
        }
        if (hand.hasNext()) {
          Map.Entry<String, LocalCounter> next = hand.next();
          if (next.getValue().forgetIfWhole(now)) { // S2
            remove(next.getKey(), next.getValue());
          }
        }
      }
    }

    private void remove(String key, LocalCounter count) {
      if (counts.remove(key, count)) {
        size.decrementAndGet();
      }
    }
  }

  private LocalCounter find(CheckRequest check, int i, long now) {
    return of(check.rule(i), now).find(check.rule(i), check.key(i), now);
  }

  private LocalCounter findAsItIs(CheckRequest check, int i, long now) {
    return of(check.rule(i), now).findAsItIs(check.rule(i), check.key(i), now);
  }

  private Keys of(Rule rule, long now) {
    Keys known = keys(rule);
    return known != null ? known : add(rule, now);
  }

  private @Nullable Keys keys(Rule rule) {
    @Nullable Keys[] all = rules;
    return rule.number() < all.length ? all[rule.number()] : null;
  }

  private synchronized Keys add(Rule rule, long now) {
    Keys known = keys(rule);
    if (known == null) {
      @Nullable Keys[] more = Arrays.copyOf(rules, Math.max(rules.length, rule.number() + 1));
      known = new Keys(rule, now);
      more[rule.number()] = known;
      rules = more;
    }
    return known;
  }

  @Override
  public CheckResult decide(CheckRequest check, boolean charge) {
    long now = nanos.getAsLong();
    long[] numbers = new long[check.size() * CheckResult.WIDTH];
    if (check.size() == 1) {
      while (!find(check, 0, now).decideAlone(now, check.cost(0), charge, numbers)) {
        Thread.onSpinWait(); // until the counter has left the map
      }
    } else {
      with(check, now, this::find, counts -> decideAll(check, counts, charge, now, numbers));
    }
    return CheckResult.of(check, numbers);
  }

  private static void decideAll(
      CheckRequest check, LocalCounter[] counts, boolean charge, long now, long[] numbers) {
    for (int i = 0; i < counts.length; i++) {
      counts[i].look(now, check.cost(i), numbers, i * CheckResult.WIDTH);
      counts[i].settle(now, numbers, i * CheckResult.WIDTH);
    }
    if (charge && CheckResult.of(check, numbers).worst() < 0) {
      for (int i = 0; i < counts.length; i++) {
        if (numbers[i * CheckResult.WIDTH + CheckResult.CODE]
            == CheckResult.ADMITS) { // a shadow may refuse
          counts[i].take(now, check.cost(i));
          counts[i].look(now, 0, numbers, i * CheckResult.WIDTH);
        }
      }
    }
  }

  private interface Action {
    void on(LocalCounter[] counts);
  }

  private interface Finder {
    LocalCounter find(CheckRequest check, int i, long now);
  }

  /** Runs {@code action} while the counters of {@code check} are locked. */
  private void with(CheckRequest check, long now, Finder finder, Action action) {
    LocalCounter[] counts = new LocalCounter[check.size()];
    do {
      for (int i = 0; i < counts.length; i++) {
        counts[i] = finder.find(check, i, now);
      }
    } while (!lock(check, counts, -1, action));
  }

  /** False if a counter was forgotten before it could be locked. */
  private static boolean lock(
      CheckRequest check, LocalCounter[] counts, int locked, Action action) {
    int next = -1;
    for (int i = 0; i < counts.length; i++) { // S1
      int number = check.rule(i).number();
      if (number > locked && (next < 0 || number < check.rule(next).number())) {
        next = i;
      }
    }
    if (next < 0) {
      action.on(counts);
      return true;
    }
    LocalCounter count = counts[next];
    count.lock.lock();
    try {
      return !count.forgotten() && lock(check, counts, check.rule(next).number(), action);
    } finally {
      count.lock.unlock();
    }
  }

  /**
   * Takes the permits of equal requests that another store admitted, as far as available; excludes
   * held permits.
   */
  void mirror(CheckRequest check, int times) {
    long now = nanos.getAsLong();
    with(
        check,
        now,
        this::find,
        counts -> {
          for (int i = 0; i < counts.length; i++) {
            if (!check.rule(i).leases()) {
              counts[i].takeAtMost(now, times * check.cost(i));
            }
          }
        });
  }

  @Override
  public boolean giveBack(CheckResult result, CheckResult.Refund refund, Predicate<Rule> which) {
    CheckRequest check = result.check();
    long now = nanos.getAsLong();
    with(
        check,
        now,
        this::findAsItIs,
        counts -> {
          for (int i = 0; i < counts.length; i++) {
            if (result.code(i) == CheckResult.ADMITS && which.test(check.rule(i))) {
              long cost = result.cost(i, refund);
              counts[i].refund(now, cost, check.cost(i, refund.of()), result.time(i));
            }
          }
        });
    return true;
  }

  @Override
  public boolean charge(CheckRequest check) {
    long now = nanos.getAsLong();
    with(
        check,
        now,
        this::find,
        counts -> {
          for (int i = 0; i < counts.length; i++) {
            counts[i].charge(now, check.charge(i));
          }
        });
    return true;
  }

  @Override
  public boolean renew(CheckResult result) {
    CheckRequest check = result.check();
    long now = nanos.getAsLong();
    boolean[] held = {true};
    with(
        check,
        now,
        this::findAsItIs,
        counts -> {
          for (int i = 0; i < counts.length; i++) {
            held[0] &= counts[i].holds(now, result.time(i));
          }
          for (int i = 0; held[0] && i < counts.length; i++) {
            counts[i].renew(now, check.cost(i), result.time(i));
          }
        });
    if (held[0]) {
      result.renewedAt(now);
    }
    return held[0];
  }

  @Override
  public void block(CheckRequest check, Duration duration) {
    long now = nanos.getAsLong();
    with(
        check,
        now,
        this::find,
        counts -> {
          for (LocalCounter count : counts) {
            count.block(now, duration);
          }
        });
  }

  @Override
  public void reset(CheckRequest check) {
    for (int i = 0; i < check.size(); i++) {
      Keys ofRule = keys(check.rule(i));
      LocalCounter count = ofRule == null ? null : ofRule.counts.get(check.key(i));
      if (ofRule != null && count != null) {
        count.forget();
        ofRule.remove(check.key(i), count);
      }
    }
  }

  @Override
  public BreakerState breaker() {
    return BreakerState.CLOSED;
  }

  @Override
  public int keys() {
    int sum = 0;
    for (Keys ofRule : rules) {
      sum += ofRule == null ? 0 : ofRule.size.get();
    }
    return sum;
  }

  @Override
  public boolean isFull() {
    for (Keys ofRule : rules) {
      if (ofRule != null && ofRule.size.get() >= ofRule.max) {
        return true;
      }
    }
    return false;
  }

  @Override
  public long overflows() {
    return overflows.sum();
  }

  @Override
  public void close() {
    rules = new @Nullable Keys[0];
  }

  @Override
  public String toString() {
    return "LocalStore[" + keys() + " keys]";
  }
}
