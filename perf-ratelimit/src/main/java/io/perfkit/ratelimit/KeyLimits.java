package io.perfkit.ratelimit;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Collections;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The limits of single keys of one policy, as the host looks them up: a bounded cache of rules,
 * whose entries are looked up again by one thread while the others go on with what they have.
 * Thread safe.
 */
final class KeyLimits {
  private static final Logger LOG = LoggerFactory.getLogger(KeyLimits.class);
  private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();
  private static final int LOOKED_AT = 8;

  /* Invariants
   * L1  a limit that was looked up before its key was reported as changed is not kept.
   * L2  there are about `max` entries at most; one that was used since the hand passed it is kept
   *     longer than the others, so that keys that come once displace no others.
   * L3  no lock is held while the host looks a limit up. */
  private final ConcurrentMap<String, Entry> entries = new ConcurrentHashMap<>();
  private final AtomicInteger changes = new AtomicInteger();
  private final Rule general;
  private final Function<? super String, Optional<Limit>> lookup;
  private final int max;
  private final long ttlNanos;
  private final LongSupplier nanos;
  private final OncePerMinute failureLog;
  private Iterator<Map.Entry<String, Entry>> hand = Collections.emptyIterator();

  KeyLimits(
      Rule general,
      Function<? super String, Optional<Limit>> lookup,
      RateLimiterConfig config,
      LongSupplier nanos) {
    this.general = general;
    this.lookup = lookup;
    this.max = config.maxLimits();
    this.ttlNanos = config.limitTtl().toNanos();
    this.nanos = nanos;
    this.failureLog = new OncePerMinute(nanos);
  }

  private static final class Entry {
    private final Rule rule;
    private final long until;
    private final AtomicBoolean renewing = new AtomicBoolean();
    private boolean used = true; // a hint, so without any order

    Entry(Rule rule, long until) {
      this.rule = rule;
      this.until = until;
    }
  }

  /**
   * The rule of a key. Allocates nothing and calls nothing while the key's limit is known.
   *
   * @throws IllegalArgumentException if the policy can't have the limit that was found
   */
  Rule rule(String key) {
    Entry known = entries.get(key);
    if (known == null) {
      return look(key, null);
    }
    if (!known.used) {
      known.used = true;
    }
    return nanos.getAsLong() - known.until >= 0 && known.renewing.compareAndSet(false, true)
        ? look(key, known)
        : known.rule;
  }

  /** Looks the key's limit up at its next request. */
  void changed(String key) {
    changes.incrementAndGet();
    entries.remove(key);
  }

  private Rule look(String key, @Nullable Entry before) {
    int change = changes.get();
    boolean kept = false;
    try {
      Entry found = found(key, before == null ? general : before.rule);
      keep(key, before, found, change);
      kept = true;
      return found.rule;
    } finally {
      if (!kept) { // an Error, or a limit that the policy can't have: to go on might open it
        entries.remove(key);
      }
    }
  }

  private Entry found(String key, Rule last) {
    Limit limit;
    try {
      limit = requireNonNull(lookup.apply(key), "limit").orElse(general.policy().limit());
    } catch (RuntimeException e) {
      log(e);
      return new Entry(last, nanos.getAsLong() + Math.min(RETRY_NANOS, ttlNanos));
    }
    Rule rule = limit.equals(last.policy().limit()) ? last : general.with(limit);
    return new Entry(rule, nanos.getAsLong() + ttlNanos);
  }

  private void keep(String key, @Nullable Entry before, Entry entry, int change) {
    if (before == null) {
      makeRoom();
      entries.putIfAbsent(key, entry);
    } else {
      entries.replace(key, before, entry);
    }
    if (changes.get() != change) { // L1
      entries.remove(key, entry);
    }
  }

  private synchronized void makeRoom() { // L2
    for (int i = 0; i < LOOKED_AT && entries.size() >= max; i++) {
      if (!hand.hasNext()) {
        hand = entries.entrySet().iterator();
      }
      if (hand.hasNext()) {
        Map.Entry<String, Entry> next = hand.next();
        boolean last = i == LOOKED_AT - 1;
        if (next.getValue().used && !last) {
          next.getValue().used = false;
        } else {
          entries.remove(next.getKey(), next.getValue());
        }
      }
    }
  }

  private void log(RuntimeException e) {
    if (failureLog.isDue()) {
      LOG.warn(
          "limits of policy {} can't be looked up; keys go on with the last known one, new keys"
              + " with the policy's own",
          general.policy().name(),
          e);
    }
  }

  /** Number of keys whose limit is known now. */
  int size() {
    return entries.size();
  }
}
