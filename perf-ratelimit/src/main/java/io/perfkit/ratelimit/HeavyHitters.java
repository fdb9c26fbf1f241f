package io.perfkit.ratelimit;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The heavy hitters among refused keys, by Space-Saving, in bounded memory: a key that is not
 * watched takes the place of the one with the fewest refusals and inherits its number as possible
 * error. So every key with more than {@code 1 / max} of all refusals is among them. Thread safe.
 *
 * <p>Source: Metwally, Agrawal, El Abbadi, Efficient Computation of Frequent and Top-k Elements in
 * Data Streams, 2005 (Space-Saving).
 */
final class HeavyHitters {
  private final int max;

  /* Both guarded by this. */
  private final Map<Rule, Map<String, Watched>> byRule = new HashMap<>();
  private final List<Watched> watched = new ArrayList<>();

  HeavyHitters(int max) {
    this.max = max;
  }

  private static final class Watched {
    private Rule rule;
    private String key;
    private long refusals;
    private long error;

    Watched(Rule rule, String key) {
      this.rule = rule;
      this.key = key;
    }
  }

  synchronized void add(Rule counted, String key, long refusals) {
    Rule rule = counted.base();
    Map<String, Watched> ofRule = byRule.computeIfAbsent(rule, any -> new HashMap<>());
    Watched known = ofRule.get(key);
    if (known == null) {
      known = watched.size() < max ? watch(rule, key) : displace(rule, key);
      ofRule.put(key, known);
    }
    known.refusals += refusals;
  }

  private Watched watch(Rule rule, String key) {
    Watched added = new Watched(rule, key);
    watched.add(added);
    return added;
  }

  private Watched displace(Rule rule, String key) {
    Watched least = watched.get(0);
    for (Watched other : watched) {
      if (other.refusals < least.refusals) {
        least = other;
      }
    }
    Map<String, Watched> former = byRule.get(least.rule);
    if (former != null) {
      former.remove(least.key);
    }
    least.rule = rule;
    least.key = key;
    least.error = least.refusals;
    return least;
  }

  /** The keys by falling number of refusals. */
  synchronized List<RefusedKey> list() {
    return watched.stream()
        .map(each -> new RefusedKey(each.rule.policy().name(), each.key, each.refusals, each.error))
        .sorted(Comparator.comparingLong(RefusedKey::refusals).reversed())
        .toList();
  }
}
