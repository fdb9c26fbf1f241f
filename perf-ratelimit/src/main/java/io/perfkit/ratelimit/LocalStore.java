package io.perfkit.ratelimit;

import io.perfkit.redis.BreakerState;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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
   * S3  admissions are counted by the counters, under their locks, and collected from all of them when
   *     they are asked for; so their sum never falls, and lacks none when no call is under way.
   * S4  each policy has about its own bound of counters at most, whatever the others have; then its
   *     new keys share one. */
  private static final int LOOKED_AT = 2;

  /** By the numbers of their rules; replaced at the first request of a rule. */
  private volatile @Nullable Keys[] rules = {};

  private final LongAdder overflows = new LongAdder();
  private final int maxKeys;
  private final long maxBytes;
  private final ToDoubleFunction<Rule> share;
  private final boolean counts;
  private final LongSupplier nanos;
  private final InstantSource wall;

  /**
   * @param share the part of a rule's limit that is counted
   * @param counts whether it counts how often rules admit
   */
  LocalStore(
      RateLimiterConfig config,
      ToDoubleFunction<Rule> share,
      boolean counts,
      LongSupplier nanos,
      InstantSource wall) {
    this.maxKeys = config.maxKeys();
    this.maxBytes = config.maxBytes();
    this.share = share;
    this.counts = counts;
    this.nanos = nanos;
    this.wall = wall;
  }

  /** The counters of one policy. */
  private final class Keys {
    private final ConcurrentHashMap<String, LocalCounter> counters = new ConcurrentHashMap<>();
    private final AtomicInteger size = new AtomicInteger();
    private final Rule general;
    private final LongFunction<LocalCounter> source;
    private final LocalCounter shared;
    private final long max;
    private Iterator<Map.Entry<String, LocalCounter>> hand = Collections.emptyIterator();

    Keys(Rule rule, long now) {
      this.general = rule.base();
      this.source = source(general);
      this.shared = source.apply(now);
      long bytes = LocalCounters.bytes(general, share.applyAsDouble(general));
      this.max = Math.max(1, Math.min(maxKeys, maxBytes / bytes));
    }

    private LongFunction<LocalCounter> source(Rule rule) {
      return LocalCounters.of(rule, share.applyAsDouble(rule), wall);
    }

    LocalCounter find(Rule rule, String key, long now) {
      LocalCounter known = counters.get(key);
      if (known == null) {
        return add(rule, key, now);
      }
      return known.isOf(rule) ? known : change(known, rule, key, now);
    }

    /** The counter of a key, by whatever limit it counts. */
    LocalCounter findAsItIs(Rule rule, String key, long now) {
      LocalCounter known = counters.get(key);
      return known == null ? add(rule, key, now) : known;
    }

    private LocalCounter add(Rule rule, String key, long now) {
      tidy(now);
      if (size.get() >= max) {
        overflows.increment();
        return shared;
      }
      LocalCounter added = (rule == general ? source : source(rule)).apply(now);
      LocalCounter other = counters.putIfAbsent(key, added);
      if (other != null) {
        return other;
      }
      size.incrementAndGet();
      return added;
    }

    /** Replaces the counter of a key whose limit has changed by one that goes on with it. */
    private LocalCounter change(LocalCounter before, Rule rule, String key, long now) {
      boolean gone = false;
      before.lock();
      try {
        if (before.forgotten() || before.become(rule)) {
          return before;
        }
        LocalCounter after = source(rule).apply(now);
        after.begin(before, now);
        before.forget(); // S2
        gone = true;
        counters.replace(key, before, after);
        return after;
      } finally {
        before.unlock();
        if (gone) {
          collect(before);
        }
      }
    }

    /**
     * Forgets the counters with all permits among the next few: two are checked for each new one.
     */
    private synchronized void tidy(long now) {
      for (int i = 0; i < LOOKED_AT; i++) {
        if (!hand.hasNext()) {
          hand = counters.entrySet().iterator();
        }
        if (hand.hasNext()) {
          Map.Entry<String, LocalCounter> next = hand.next();
          if (next.getValue().forgetIfWhole(now)) { // S2
            remove(next.getKey(), next.getValue()); // first: callers that found it wait for that
            collect(next.getValue());
          }
        }
      }
    }

    /** Adds to the rule's count what a counter has admitted since. */
    private void collect(LocalCounter count) { // S3
      long admitted = count.takeAdmitted();
      if (counts && admitted > 0) {
        general.allowed.add(admitted);
      }
    }

    void collect() {
      collect(shared);
      counters.values().forEach(this::collect);
    }

    /** Forgets a counter, whatever it has spent. */
    void forget(String key, LocalCounter count) {
      count.lock();
      count.forget(); // S2
      count.unlock();
      remove(key, count);
      collect(count);
    }

    private void remove(String key, LocalCounter count) {
      if (counters.remove(key, count)) {
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
    return check.size() == 1 ? decideOne(check, charge) : decideAll(check, charge);
  }

  private CheckResult decideOne(CheckRequest check, boolean charge) {
    LocalCounter known = known(check);
    long now = nanos.getAsLong(); // not before the look-up, which would wait for the clock
    CheckResult result =
        known != null && known.isOf(check.rule(0)) ? known.decideAlone(now, check, charge) : null;
    return result != null ? result : decideFound(check, charge, now);
  }

  /** The counter of the only rule if it is there, from where it was last if it is kept. */
  private @Nullable LocalCounter known(CheckRequest check) {
    CheckRequest.Place place = check.place();
    if (place != null && place.found instanceof LocalCounter kept) {
      return kept;
    }
    Keys ofRule = keys(check.rule(0));
    LocalCounter known = ofRule == null ? null : ofRule.counters.get(check.key(0));
    if (place != null) {
      place.found = known;
    }
    return known;
  }

  /** Decides a request of one rule whose counter is new, or of another limit, or was forgotten. */
  @SuppressWarnings("ThreadPriorityCheck") // until another thread has removed a counter
  private CheckResult decideFound(CheckRequest check, boolean charge, long now) {
    CheckRequest.Place place = check.place();
    if (place != null) {
      place.found = null;
    }
    CheckResult result = find(check, 0, now).decideAlone(now, check, charge);
    while (result == null) { // until the counter has left the map
      Thread.yield(); // a virtual thread would keep its carrier from the thread that removes it
      result = find(check, 0, now).decideAlone(now, check, charge);
    }
    return result;
  }

  private CheckResult decideAll(CheckRequest check, boolean charge) {
    long now = nanos.getAsLong();
    long[] numbers = new long[check.size() * CheckResult.WIDTH];
    with(check, now, this::find, counts -> decideAll(check, counts, charge, now, numbers));
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
          counts[i].admit();
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
  @SuppressWarnings("ThreadPriorityCheck") // as above
  private void with(CheckRequest check, long now, Finder finder, Action action) {
    LocalCounter[] counts = found(check, now, finder);
    while (!lock(check, counts, -1, action)) {
      Thread.yield(); // as in decideFound
      counts = found(check, now, finder);
    }
  }

  private static LocalCounter[] found(CheckRequest check, long now, Finder finder) {
    LocalCounter[] counts = new LocalCounter[check.size()];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = finder.find(check, i, now);
    }
    return counts;
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
    count.lock();
    try {
      return !count.forgotten() && lock(check, counts, check.rule(next).number(), action);
    } finally {
      count.unlock();
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
            held[0] &= !result.isHeld(i) || counts[i].holds(now, result.time(i));
          }
          for (int i = 0; held[0] && i < counts.length; i++) {
            if (result.isHeld(i)) {
              counts[i].renew(now, check.cost(i), result.time(i));
            }
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
      LocalCounter count = ofRule == null ? null : ofRule.counters.get(check.key(i));
      if (ofRule != null && count != null) {
        ofRule.forget(check.key(i), count);
      }
    }
  }

  @Override
  public boolean counts() {
    return counts;
  }

  @Override
  public long allowed(Rule rule) {
    Keys ofRule = keys(rule);
    if (ofRule != null) {
      ofRule.collect();
    }
    return rule.allowed.sum();
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
    for (Keys ofRule : rules) {
      if (ofRule != null) {
        ofRule.counters.forEach(ofRule::forget); // S3
      }
    }
  }

  @Override
  public String toString() {
    return "LocalStore[" + keys() + " keys]";
  }
}
