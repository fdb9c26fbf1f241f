package io.perfkit.ratelimit;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The negative cache: refusals that a node can repeat without asking Redis again. A table of fixed
 * size: a displaced refusal only costs a round trip. Thread safe.
 */
final class DenialCache {

  /* Invariants
   * D1  a refusal is repeated only while Redis would repeat it: for the wait that Redis named, counted
   *     from before it was asked, for the same rule, key and cost.
   * D2  none outlives a refund, reset or block of this node: a thread that changes a key moves the
   *     epoch and then clears the place; a thread that remembers a refusal writes the place and
   *     then compares the epoch. */
  private final AtomicReferenceArray<@Nullable Denial> places;
  private final AtomicInteger epoch = new AtomicInteger();
  private final long memoryNanos;
  private final HeavyHitters heavyHitters;
  private final LongSupplier nanos;

  DenialCache(RateLimiterConfig config, HeavyHitters heavyHitters, LongSupplier nanos) {
    int size = Integer.highestOneBit(Math.max(2, config.maxDenials()));
    this.places = new AtomicReferenceArray<>(size);
    this.memoryNanos = config.denialTtl().toNanos();
    this.heavyHitters = heavyHitters;
    this.nanos = nanos;
  }

  private record Denial(
      Rule rule, String key, long cost, long untilNanos, Decision decision, AtomicLong repeats) {
    boolean isOf(Rule otherRule, String otherKey) {
      return rule == otherRule && key.equals(otherKey);
    }

    /** Whether it refuses that key by that policy, under whatever limit of the key. */
    boolean isAbout(Rule otherRule, String otherKey) {
      return rule.base() == otherRule.base() && key.equals(otherKey);
    }
  }

  /** The refusal to repeat without asking Redis, or null. Allocates nothing. */
  @Nullable Decision find(Rule rule, String key, long permits) {
    Denial denial = places.get(place(rule, key));
    if (denial == null
        || !denial.isOf(rule, key)
        || permits != denial.cost / rule.policy().cost()
        || nanos.getAsLong() - denial.untilNanos >= 0) {
      return null;
    }
    denial.repeats.incrementAndGet();
    rule.denied.increment();
    rule.deniedFromCache.increment();
    return denial.decision;
  }

  private int place(Rule rule, String key) {
    int hash = (key.hashCode() + rule.number()) * 0x9E3779B9;
    return (hash ^ hash >>> 16) & places.length() - 1;
  }

  /** Changes with every {@link #forget}. */
  int epoch() {
    return epoch.get();
  }

  /**
   * Keeps a refusal.
   *
   * @param sentNanos read before Redis was asked
   * @param before {@link #epoch()}, taken before Redis was asked
   */
  void remember(CheckResult refusal, int worst, long sentNanos, int before) {
    CheckRequest check = refusal.check();
    Rule rule = check.rule(worst);
    String key = check.key(worst);
    long wait = refusal.wait(worst);
    if (memoryNanos == 0 || rule.leases() || wait == CheckResult.NEVER) {
      return;
    }
    long until = sentNanos + Math.min(memoryNanos, wait * 1_000);
    Denial denial =
        new Denial(
            rule, key, check.cost(worst), until, refusal.only(worst).decision(), new AtomicLong());
    int place = place(rule, key);
    flush(places.getAndSet(place, denial));
    if (epoch.get() != before) { // D2
      places.compareAndSet(place, denial, null);
    }
  }

  /** Forgets the refusals of the keys of {@code check}, when a call has changed their counts. */
  void forget(CheckRequest check) {
    epoch.incrementAndGet();
    for (int i = 0; i < check.size(); i++) {
      int place = place(check.rule(i), check.key(i));
      Denial denial = places.get(place);
      if (denial != null && denial.isAbout(check.rule(i), check.key(i))) {
        places.compareAndSet(place, denial, null);
        flush(denial);
      }
    }
  }

  /** Reports the counts of repeated refusals, before the heavy hitters are listed. */
  void flush() {
    for (int i = 0; i < places.length(); i++) {
      flush(places.get(i));
    }
  }

  private void flush(@Nullable Denial denial) {
    if (denial != null) {
      long repeats = denial.repeats.getAndSet(0);
      if (repeats > 0) {
        heavyHitters.add(denial.rule, denial.key, repeats);
      }
    }
  }
}
