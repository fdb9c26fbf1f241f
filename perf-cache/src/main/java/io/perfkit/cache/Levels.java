package io.perfkit.cache;

import io.perfkit.cache.Flight.Found;
import io.perfkit.cache.Flight.Source;
import io.perfkit.cache.Lookup.Hit;
import io.perfkit.cache.Lookup.Outcome;
import io.perfkit.cache.RedisLevel.Fill;
import io.perfkit.cache.RedisLevel.Question;
import io.perfkit.cache.RedisLevel.Release;
import io.perfkit.redis.CodecFailed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Both levels as one: asks L1, then Redis, and keeps in both what was loaded. Thread safe. */
final class Levels<K, V> {
  private final String name;
  private final CacheConfig config;
  private final LocalLevel<K, V> local;
  private final RedisLevel<V> redis;

  Levels(String name, CacheConfig config, LocalLevel<K, V> local, RedisLevel<V> redis) {
    this.name = name;
    this.config = config;
    this.local = local;
    this.redis = redis;
  }

  /** How a key is looked up. */
  enum Mode {
    /** In L1, then in Redis, taking the lease to load. */
    SEARCH,
    /** The same without a lease: nothing will be loaded. */
    PEEK,
    /** In Redis, taking the lease to load. */
    VERIFY
  }

  /** Puts what the levels hold into {@code found}; what they don't hold is left to load. */
  List<Load<K, V>> lookUp(List<Search<K, V>> searches, Mode mode, Map<K, Found<V>> found) {
    List<Search<K, V>> absent = new ArrayList<>(searches.size());
    List<Question<V>> questions = new ArrayList<>(searches.size());
    for (Search<K, V> search : searches) {
      // Again, for a flight may have landed since the caller looked.
      LocalEntry<V> copy = mode == Mode.VERIFY ? null : local.get(search.key());
      if (copy == null) {
        absent.add(search);
        questions.add(
            new Question<>(search.address(), mode != Mode.PEEK, local.held(search.key())));
      } else {
        found.put(search.key(), new Found<>(copy.value, Source.L1));
      }
    }
    List<Lookup<V>> lookups = redis.lookup(questions);
    List<Load<K, V>> loads = new ArrayList<>();
    for (int i = 0; i < absent.size(); i++) {
      Search<K, V> search = absent.get(i);
      Found<V> answer = answer(search, mode, lookups.get(i));
      if (answer == null) {
        loads.add(new Load<>(search, lookups.get(i)));
      } else {
        found.put(search.key(), answer);
      }
    }
    return loads;
  }

  /** Keeps and gives what Redis says; null if it has nothing. */
  private @Nullable Found<V> answer(Search<K, V> search, Mode mode, Lookup<V> lookup) {
    if (lookup.outcome() == Outcome.DOWN) {
      return whileRedisIsDown(search, mode);
    }
    return lookup.isLive() ? read(search, lookup.requireHit()) : null;
  }

  private Found<V> read(Search<K, V> search, Hit<V> hit) {
    Duration left = hit.life().left(); // I3
    local.put(search.key(), hit.value(), hit.tags(), hit.stamp(), search.reading(), left);
    return new Found<>(hit.value(), Source.L2);
  }

  private @Nullable Found<V> whileRedisIsDown(Search<K, V> search, Mode mode) {
    if (config.onRedisDown() == OnRedisDown.FAIL) {
      throw new RedisDown("key '" + search.address().text() + "' of cache '" + name + "'");
    }
    LocalEntry<V> copy = local.getUnheard(search.key());
    return copy != null && mode != Mode.VERIFY && config.onRedisDown() == OnRedisDown.SERVE_LOCAL
        ? new Found<>(copy.value, Source.L1)
        : null;
  }

  /**
   * Keeps what was loaded: in Redis where we hold the lease, and locally unless it was lost.
   *
   * @throws io.perfkit.redis.CodecFailed if a value can't be written; the leases are given back
   */
  void keep(List<Load<K, V>> loads, Map<K, Entry<V>> entries) {
    List<Fill<V>> fills = new ArrayList<>(loads.size());
    for (Load<K, V> load : loads) {
      Entry<V> entry = entries.getOrDefault(load.search().key(), Entry.absent());
      fills.add(new Fill<>(load.search().address(), load.lookup().lease(), entry, lifeOf(entry)));
    }
    List<Boolean> current;
    try {
      current = redis.fill(fills);
    } catch (CodecFailed e) {
      release(loads);
      throw e;
    }
    for (int i = 0; i < loads.size(); i++) {
      Search<K, V> search = loads.get(i).search();
      Fill<V> fill = fills.get(i);
      if (current.get(i) && fill.isKept()) {
        Entry<V> entry = fill.entry();
        Duration left = fill.life().left();
        local.put(search.key(), entry.value(), entry.tags(), fill.lease(), search.reading(), left);
      }
    }
  }

  /** Gives the leases of loads that failed back. */
  void release(List<Load<K, V>> loads) {
    List<Release> releases = new ArrayList<>(loads.size());
    for (Load<K, V> load : loads) {
      Stamp lease = load.lookup().lease();
      if (lease != null) {
        releases.add(new Release(load.search().address(), lease));
      }
    }
    redis.release(releases, Duration.ZERO);
  }

  /** How long an entry lives; the ends of entries that were made together are spread. */
  Life lifeOf(Entry<V> entry) {
    double share = 1 - config.jitter() * ThreadLocalRandom.current().nextDouble();
    long millis = (long) Math.ceil(config.lifeOf(entry).toMillis() * share);
    return Life.begin(Duration.ofMillis(millis), Duration.ZERO);
  }
}
