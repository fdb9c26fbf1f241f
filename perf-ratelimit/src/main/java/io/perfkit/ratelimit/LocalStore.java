package io.perfkit.ratelimit;

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

/** Counts in this process. Thread safe. */
final class LocalStore implements Store {

  /* Invariants
   * S1  all counts of a request are locked while it is decided, in the order of their rules' numbers.
   * S2  a count leaves its map only if it is whole, under its lock, and says so to who found it before.
   * S3  there are about keysMax counts at most; then the new keys of a rule share one. */
  private static final int LOOKED_AT = 2;

  /** By the numbers of their rules; replaced when a rule is met first. */
  private volatile @Nullable Keys[] rules = {};

  private final AtomicInteger size = new AtomicInteger();
  private final LongAdder overflows = new LongAdder();
  private final int keysMax;
  private final ToDoubleFunction<Rule> share;
  private final LongSupplier nanos;
  private final InstantSource wall;

  /**
   * @param share the part of a rule's limit that is counted
   */
  LocalStore(int keysMax, ToDoubleFunction<Rule> share, LongSupplier nanos, InstantSource wall) {
    this.keysMax = keysMax;
    this.share = share;
    this.nanos = nanos;
    this.wall = wall;
  }

  /** The counts of one rule. */
  private final class Keys {
    private final ConcurrentMap<String, Count> counts = new ConcurrentHashMap<>();
    private final LongFunction<Count> source;
    private final Count shared;
    private Iterator<Map.Entry<String, Count>> hand = Collections.emptyIterator();

    Keys(Rule rule, long now) {
      this.source = Count.source(rule, share.applyAsDouble(rule), wall);
      this.shared = source.apply(now);
    }

    Count find(String key, long now) {
      Count known = counts.get(key);
      return known != null ? known : add(key, now);
    }

    private Count add(String key, long now) {
      tidy(now);
      if (size.get() >= keysMax) {
        overflows.increment();
        return shared;
      }
      Count added = source.apply(now);
      Count other = counts.putIfAbsent(key, added);
      if (other != null) {
        return other;
      }
      size.incrementAndGet();
      return added;
    }

    /** Forgets what is whole among the next few counts: two looked at for each that is added. */
    private synchronized void tidy(long now) {
      for (int i = 0; i < LOOKED_AT; i++) {
        if (!hand.hasNext()) {
          hand = counts.entrySet().iterator();
        }
        if (hand.hasNext()) {
          Map.Entry<String, Count> next = hand.next();
          if (next.getValue().forgetIfWhole(now)) { // S2
            remove(next.getKey(), next.getValue());
          }
        }
      }
    }

    private void remove(String key, Count count) {
      if (counts.remove(key, count)) {
        size.decrementAndGet();
      }
    }
  }

  private Count find(Ask ask, int i, long now) {
    Rule rule = ask.rule(i);
    Keys known = keys(rule);
    return (known != null ? known : add(rule, now)).find(ask.key(i), now);
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
  public Standing decide(Ask ask, boolean charge) {
    long now = nanos.getAsLong();
    long[] numbers = new long[ask.size() * Standing.WIDTH];
    if (ask.size() == 1) {
      while (!find(ask, 0, now).decideAlone(now, ask.cost(0), charge, numbers)) {
        Thread.onSpinWait(); // until who forgot the count has taken it out of the map
      }
    } else {
      with(ask, now, counts -> decideAll(ask, counts, charge, now, numbers));
    }
    return Standing.of(ask, numbers);
  }

  private static void decideAll(Ask ask, Count[] counts, boolean charge, long now, long[] numbers) {
    for (int i = 0; i < counts.length; i++) {
      counts[i].look(now, ask.cost(i), numbers, i * Standing.WIDTH);
      counts[i].settle(now, numbers, i * Standing.WIDTH);
    }
    if (charge && Standing.of(ask, numbers).worst() < 0) {
      for (int i = 0; i < counts.length; i++) {
        if (numbers[i * Standing.WIDTH + Standing.CODE] == Standing.ADMITS) { // a shadow may refuse
          counts[i].take(now, ask.cost(i));
          counts[i].look(now, 0, numbers, i * Standing.WIDTH);
        }
      }
    }
  }

  private interface Action {
    void on(Count[] counts);
  }

  /** Runs {@code action} while the counts of {@code ask} are locked. */
  private void with(Ask ask, long now, Action action) {
    Count[] counts = new Count[ask.size()];
    do {
      for (int i = 0; i < counts.length; i++) {
        counts[i] = find(ask, i, now);
      }
    } while (!lock(ask, counts, -1, action));
  }

  /** False if a count was forgotten before it could be locked. */
  private static boolean lock(Ask ask, Count[] counts, int locked, Action action) {
    int next = -1;
    for (int i = 0; i < counts.length; i++) { // S1
      int number = ask.rule(i).number();
      if (number > locked && (next < 0 || number < ask.rule(next).number())) {
        next = i;
      }
    }
    if (next < 0) {
      action.on(counts);
      return true;
    }
    Count count = counts[next];
    count.lock.lock();
    try {
      return !count.forgotten() && lock(ask, counts, ask.rule(next).number(), action);
    } finally {
      count.lock.unlock();
    }
  }

  /**
   * Takes what another store admitted, so many times the same, or what there is of it; permits that
   * are held apart.
   */
  void mirror(Ask ask, int times) {
    long now = nanos.getAsLong();
    with(
        ask,
        now,
        counts -> {
          for (int i = 0; i < counts.length; i++) {
            if (!ask.rule(i).leases()) {
              counts[i].takeAtMost(now, times * ask.cost(i));
            }
          }
        });
  }

  @Override
  public boolean giveBack(Standing standing, Predicate<Rule> which) {
    Ask ask = standing.ask();
    long now = nanos.getAsLong();
    with(
        ask,
        now,
        counts -> {
          for (int i = 0; i < counts.length; i++) {
            if (standing.code(i) == Standing.ADMITS && which.test(ask.rule(i))) {
              counts[i].refund(now, ask.cost(i), standing.time(i));
            }
          }
        });
    return true;
  }

  @Override
  public void block(Ask ask, Duration duration) {
    long now = nanos.getAsLong();
    with(
        ask,
        now,
        counts -> {
          for (Count count : counts) {
            count.block(now, duration);
          }
        });
  }

  @Override
  public void reset(Ask ask) {
    for (int i = 0; i < ask.size(); i++) {
      Keys ofRule = keys(ask.rule(i));
      Count count = ofRule == null ? null : ofRule.counts.get(ask.key(i));
      if (ofRule != null && count != null) {
        count.forget();
        ofRule.remove(ask.key(i), count);
      }
    }
  }

  @Override
  public boolean available() {
    return true;
  }

  @Override
  public int keys() {
    return size.get();
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
    return "LocalStore[" + size + " keys]";
  }
}
