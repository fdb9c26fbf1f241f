package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.perfkit.cache.L2Reply.Hit;
import io.perfkit.cache.L2Reply.Outcome;
import io.perfkit.cache.SecondLevel.Question;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks a cache's staleness bound: compares a sample of local copies with Redis, by their
 * versions. The invalidation of a copy that differs may still be on its way; a copy that differs
 * and would be served after {@code maxStaleness} should not exist. It is counted and dropped.
 *
 * <p>Runs off the path of hits: the number of hits decides how many copies are compared, this class
 * which ones. One thread at a time ticks; any thread may read the counts.
 */
final class Audit<K, V> {

  /* Invariants
   * A1  a copy is counted only if it differed at two looks that are at least maxStaleness apart, was
   *     the same object all the time, and counted after the second look, by whose time it is judged.
   * A2  at most SAMPLE_MAX copies are compared, and SUSPECTS_MAX remembered. */
  static final int SAMPLE_MAX = 100;
  static final int SUSPECTS_MAX = 1_000;

  private static final int STRIDE_MAX = 8;
  private static final Logger LOG = LoggerFactory.getLogger(Audit.class);

  private final CacheParts<K, V> cache;
  private final LocalLevel<K, V> local;
  private final SecondLevel<V> redis;
  private final long hitsPerLook;
  private final long stalenessNanos;
  private final LongSupplier nanos;
  private final LongAdder looks = new LongAdder();
  private final LongAdder replaced = new LongAdder();
  private final LongAdder missing = new LongAdder();
  private final Map<LocalEntry<V>, Suspect<K>> suspects = new HashMap<>();
  private Iterator<Map.Entry<K, LocalEntry<V>>> walk = Collections.emptyIterator();
  private long hitsSeen;
  private volatile long suspectedNanos;

  Audit(CacheParts<K, V> cache, long hitsPerLook, LongSupplier nanos) {
    this.cache = cache;
    this.local = cache.local();
    this.redis = cache.l2();
    this.hitsPerLook = hitsPerLook;
    this.stalenessNanos = cache.config().maxStaleness().toNanos();
    this.nanos = nanos;
  }

  /** A copy that still counted after Redis had answered that it has another entry, or none. */
  private record Suspect<K>(K key, long sinceNanos) {}

  private record Looked<K, V>(K key, LocalEntry<V> copy) {}

  /** Copies compared with Redis so far. */
  long looks() {
    return looks.sum();
  }

  /** Copies that were served too long after Redis had another entry. */
  long replaced() {
    return replaced.sum();
  }

  /** Copies that were served too long after Redis had no entry, which may have been evicted. */
  long missing() {
    return missing.sum();
  }

  /** How long the oldest copy that is known to differ now has differed. */
  Duration suspectedAge() {
    return Duration.ofNanos(suspectedNanos);
  }

  /** Compares copies in proportion to hits, and again those that differed. One round trip. */
  void tick() {
    suspects.entrySet().removeIf(suspect -> !counts(suspect.getValue().key(), suspect.getKey()));
    List<Looked<K, V>> looked = new ArrayList<>();
    suspects.forEach((copy, suspect) -> looked.add(new Looked<>(suspect.key(), copy)));
    for (Map.Entry<K, LocalEntry<V>> sampled : sample()) {
      LocalEntry<V> copy = sampled.getValue();
      if (copy.about.version != null && !suspects.containsKey(copy)) {
        looked.add(new Looked<>(sampled.getKey(), copy));
      }
    }
    List<Question<V>> questions =
        looked.stream()
            .map(look -> new Question<>(cache.address(look.key()), false, look.copy()))
            .toList();
    List<L2Reply<V>> lookups = redis.lookup(questions);
    for (int i = 0; i < looked.size(); i++) {
      judge(looked.get(i), lookups.get(i));
    }
    long now = nanos.getAsLong();
    suspectedNanos =
        suspects.values().stream().mapToLong(s -> now - s.sinceNanos()).max().orElse(0);
  }

  /** Whether a get would be answered with this copy. */
  private boolean counts(K key, LocalEntry<V> copy) {
    return local.get(key) == copy;
  }

  /** Copies picked by a circular walk with random steps. */
  private List<Map.Entry<K, LocalEntry<V>>> sample() {
    long hits = cache.counters().l1Hits.sum();
    long wanted = Math.min(SAMPLE_MAX, (hits - hitsSeen) / hitsPerLook);
    hitsSeen = wanted == SAMPLE_MAX ? hits : hitsSeen + wanted * hitsPerLook;
    List<Map.Entry<K, LocalEntry<V>>> sample = new ArrayList<>();
    boolean again = true;
    while (sample.size() < wanted && (walk.hasNext() || again)) {
      if (!walk.hasNext()) {
        again = false;
        walk = local.all();
        continue;
      }
      for (int skip = ThreadLocalRandom.current().nextInt(STRIDE_MAX); skip > 0; skip--) {
        if (walk.hasNext()) {
          var unused = walk.next();
        }
      }
      if (walk.hasNext()) {
        sample.add(walk.next());
      }
    }
    return sample;
  }

  private void judge(Looked<K, V> look, L2Reply<V> lookup) {
    if (lookup.outcome() == Outcome.DOWN) {
      return; // no evidence
    }
    looks.increment();
    LocalEntry<V> copy = look.copy();
    Hit<V> hit = lookup.hit();
    // After the answer, or the change may be younger than it says; and before the copy counts, or
    // it may have ended by now.
    long now = nanos.getAsLong();
    boolean same = hit != null && Objects.equals(hit.version(), copy.about.version);
    if (same || !counts(look.key(), copy)) {
      suspects.remove(copy);
      return;
    }
    Suspect<K> before = suspects.get(copy);
    if (before == null && suspects.size() < SUSPECTS_MAX) {
      suspects.put(copy, new Suspect<>(look.key(), now));
    } else if (before != null && now - before.sinceNanos() > stalenessNanos) { // A1
      suspects.remove(copy);
      local.drop(look.key(), copy);
      (hit == null ? missing : replaced).increment();
      LOG.warn(
          "A copy of cache '{}' was served {} ms after Redis had {}; it is dropped",
          cache.name(),
          NANOSECONDS.toMillis(now - before.sinceNanos()),
          hit == null ? "no entry" : "another entry");
    }
  }
}
