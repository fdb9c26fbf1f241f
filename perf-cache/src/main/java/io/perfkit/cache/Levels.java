package io.perfkit.cache;

import static java.util.Objects.requireNonNull;

import io.perfkit.cache.Flight.Found;
import io.perfkit.cache.Flight.Source;
import io.perfkit.cache.Lookup.Hit;
import io.perfkit.cache.RedisLevel.Fill;
import io.perfkit.cache.RedisLevel.Question;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
    List<Question> questions = new ArrayList<>(searches.size());
    for (Search<K, V> search : searches) {
      // Again, for a flight may have landed since the caller looked.
      LocalEntry<V> copy = mode == Mode.VERIFY ? null : local.get(search.key());
      if (copy == null) {
        LocalEntry<V> held = local.held(search.key());
        absent.add(search);
        Stamp stamp = held == null ? null : held.stamp;
        questions.add(new Question(search.address(), mode != Mode.PEEK, stamp));
      } else {
        found.put(search.key(), new Found<>(copy.value, Source.L1));
      }
    }
    List<Lookup<V>> lookups = redis.lookup(questions);
    List<Load<K, V>> loads = new ArrayList<>();
    for (int i = 0; i < absent.size(); i++) {
      Search<K, V> search = absent.get(i);
      Found<V> answer = answer(search, mode, questions.get(i), lookups.get(i));
      if (answer == null) {
        loads.add(new Load<>(search, lookups.get(i)));
      } else {
        found.put(search.key(), answer);
      }
    }
    return loads;
  }

  /** Keeps and gives what Redis says; null if it has nothing. */
  private @Nullable Found<V> answer(
      Search<K, V> search, Mode mode, Question question, Lookup<V> lookup) {
    return switch (lookup.outcome()) {
      case HIT -> read(search, lookup.hit());
      case UNCHANGED -> unchanged(search, mode, question, lookup.timeLeft());
      case DOWN -> whileRedisIsDown(search, mode);
      case LEASED, BUSY, ABSENT -> null;
    };
  }

  private Found<V> read(Search<K, V> search, Hit<V> hit) {
    local.put(
        search.key(), hit.value(), hit.tags(), hit.stamp(), search.reading(), hit.timeLeft()); // I3
    return new Found<>(hit.value(), Source.L2);
  }

  /** The copy is right after all: its life goes on from this reading. */
  private @Nullable Found<V> unchanged(
      Search<K, V> search, Mode mode, Question question, Duration timeLeft) {
    LocalEntry<V> held = local.held(search.key());
    if (held != null && Objects.equals(held.stamp, question.copy())) {
      return read(search, new Hit<>(held.value, held.tags, requireNonNull(held.stamp), timeLeft));
    }
    Question anew = new Question(search.address(), false, null); // the copy was dropped meanwhile
    return answer(search, mode, anew, redis.lookup(List.of(anew)).get(0));
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

  /** Keeps what was loaded: in Redis where we hold the lease, and locally unless it was lost. */
  void keep(List<Load<K, V>> loads, Map<K, Entry<V>> entries) {
    List<Fill<V>> fills = fills(loads, entries);
    List<Boolean> current = redis.fill(fills);
    for (int i = 0; i < loads.size(); i++) {
      Search<K, V> search = loads.get(i).search();
      Fill<V> fill = fills.get(i);
      if (current.get(i) && !fill.ttl().isZero()) {
        Entry<V> entry = fill.entry();
        local.put(
            search.key(), entry.value(), entry.tags(), fill.lease(), search.reading(), fill.ttl());
      }
    }
  }

  /** Gives the leases of loads that failed back. */
  void release(List<Load<K, V>> loads) {
    redis.release(fills(loads, Map.of()));
  }

  private List<Fill<V>> fills(List<Load<K, V>> loads, Map<K, Entry<V>> entries) {
    return loads.stream()
        .map(
            load -> {
              Entry<V> entry = entries.getOrDefault(load.search().key(), Entry.absent());
              Duration life = lifeOf(entry);
              return new Fill<>(load.search().address(), load.lookup().lease(), entry, life);
            })
        .toList();
  }

  /** How long an entry lives; the ends of entries that were made together are spread. */
  Duration lifeOf(Entry<V> entry) {
    double share = 1 - config.jitter() * ThreadLocalRandom.current().nextDouble();
    return Duration.ofMillis((long) Math.ceil(config.lifeOf(entry).toMillis() * share));
  }
}
