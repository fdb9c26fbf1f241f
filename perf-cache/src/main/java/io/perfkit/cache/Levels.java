package io.perfkit.cache;

import io.perfkit.cache.Flight.Found;
import io.perfkit.cache.Flight.Source;
import io.perfkit.cache.LocalLevel.Reading;
import io.perfkit.cache.Lookup.Hit;
import io.perfkit.cache.Lookup.Outcome;
import io.perfkit.cache.RedisLevel.Fill;
import io.perfkit.cache.RedisLevel.Question;
import io.perfkit.cache.RedisLevel.Release;
import io.perfkit.redis.CodecFailed;
import io.perfkit.redis.RedisUnavailable;
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
  private final Counters counters;
  private final @Nullable Copier<V> copier;

  Levels(
      String name,
      CacheConfig config,
      LocalLevel<K, V> local,
      RedisLevel<V> redis,
      Counters counters,
      @Nullable Copier<V> copier) {
    this.name = name;
    this.config = config;
    this.local = local;
    this.redis = redis;
    this.counters = counters;
    this.copier = copier;
  }

  long now() {
    return local.now();
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

  /**
   * Puts what the levels hold into {@code found}; what they don't hold is left to load. So is what
   * they hold if it is old and this caller's to load: a load whose key is found is nobody's to wait
   * for.
   */
  List<Load<K, V>> lookUp(List<Search<K, V>> searches, Mode mode, Map<K, Found<V>> found) {
    List<Search<K, V>> absent = new ArrayList<>(searches.size());
    List<Question<V>> questions = new ArrayList<>(searches.size());
    for (Search<K, V> search : searches) {
      // Again, for a flight may have landed since the caller looked.
      LocalEntry<V> copy = mode == Mode.VERIFY ? null : local.get(search.key());
      LocalEntry<V> held = copy == null ? local.held(search.key()) : null;
      if (held != null
          && mode == Mode.PEEK
          && held.about.failure == null
          && local.vouchesFor(held)) {
        copy = held; // who can't load leaves the question for a newer one to who can
      }
      if (copy == null) {
        if (held != null) {
          requireNoFailure(search, mode, held);
          held.claimQuestion();
        }
        absent.add(search);
        questions.add(new Question<>(search.address(), mode != Mode.PEEK, held));
      } else {
        found.put(search.key(), new Found<>(copy.value, Source.L1));
      }
    }
    List<Lookup<V>> lookups = redis.lookup(questions);
    List<Load<K, V>> loads = new ArrayList<>();
    for (int i = 0; i < absent.size(); i++) {
      loads.add(new Load<>(absent.get(i), lookups.get(i)));
    }
    try {
      for (Load<K, V> load : loads) {
        Found<V> answer = answer(load.search(), mode, load.lookup());
        if (answer != null) {
          found.put(load.search().key(), answer);
        }
      }
    } catch (CacheException | RedisUnavailable e) {
      release(loads, Duration.ZERO);
      throw e;
    }
    loads.removeIf(load -> load.lookup().lease() == null && found.containsKey(load.search().key()));
    return loads;
  }

  /** A failure that this node remembers is thrown without asking Redis. */
  private void requireNoFailure(Search<K, V> search, Mode mode, LocalEntry<V> held) {
    Failure failure = held.about.failure;
    if (failure != null && mode == Mode.SEARCH && local.vouchesFor(held)) {
      throw remembered(search, failure, Duration.ofNanos(held.about.deadlineNanos - local.now()));
    }
  }

  private RememberedFailure remembered(Search<K, V> search, Failure failure, Duration left) {
    counters.failuresRemembered.increment();
    return new RememberedFailure(
        "loading key '"
            + search.address().text()
            + "' of cache '"
            + name
            + "' failed with "
            + failure.kind()
            + ", which is remembered for "
            + left.toMillis()
            + " ms more",
        failure.cause());
  }

  /** Keeps and gives what Redis says; null if it has nothing that serves. */
  private @Nullable Found<V> answer(Search<K, V> search, Mode mode, Lookup<V> lookup) {
    if (lookup.outcome() == Outcome.DOWN) {
      return whileRedisIsDown(search, mode);
    }
    Hit<V> hit = lookup.hit();
    if (hit == null) {
      return null;
    }
    if (lookup.isLive()) {
      return hit.failure() == null ? read(search, hit) : failed(search, mode, hit, hit.failure());
    }
    if (lookup.outcome() == Outcome.RESTING && hit.life().isOverForAtMost(config.keep())) {
      return old(search, hit, search.reading(), lookup.busyFor());
    }
    boolean loading = lookup.outcome() == Outcome.LEASED || lookup.outcome() == Outcome.BUSY;
    return loading && hit.life().isOverForAtMost(config.staleWhileRevalidate())
        ? new Found<>(hit.value(), Source.L2, true)
        : null;
  }

  private Found<V> read(Search<K, V> search, Hit<V> hit) {
    local.put(search.key(), hit, search.reading(), hit.life().left()); // I3
    return new Found<>(hit.value(), Source.L2);
  }

  private @Nullable Found<V> failed(Search<K, V> search, Mode mode, Hit<V> hit, Failure failure) {
    local.put(search.key(), hit, search.reading(), hit.life().left());
    if (mode == Mode.PEEK) {
      return null;
    }
    throw remembered(search, failure, hit.life().left());
  }

  /** Gives what is past its life, and lets it serve locally for a while. */
  private Found<V> old(Search<K, V> search, Hit<V> hit, Reading reading, Duration rest) {
    Duration kept = hit.life().leftWithKeep();
    Duration time = rest.compareTo(kept) < 0 ? rest : kept; // I3
    local.put(search.key(), hit, reading, time);
    return new Found<>(hit.value(), Source.L2, true);
  }

  /**
   * The old value in place of a load that failed or takes too long, or null if there is none that
   * may serve. Where it is not certain that it was not invalidated since it was looked up, Redis is
   * asked again: one round trip. It then serves locally for {@link CacheConfig#throttle()}.
   */
  @Nullable Found<V> insteadOfLoad(Load<K, V> load) {
    Search<K, V> search = load.search();
    if (load.lookup().outcome() == Outcome.DOWN) {
      return localInsteadOfLoad(search);
    }
    Hit<V> hit = load.lookup().hit();
    Reading reading = search.reading();
    Duration since = Duration.ofNanos(local.now() - reading.nanos());
    if (!mayServeInsteadOfLoad(hit, since)) {
      return null;
    }
    if (!local.vouchesFor(reading, search.hash())) {
      reading = local.reading(search.hash());
      hit = redis.lookup(List.of(new Question<V>(search.address(), false, null))).get(0).hit();
      since = Duration.ZERO;
    }
    return hit != null && mayServeInsteadOfLoad(hit, since)
        ? old(search, hit, reading, since.plus(config.throttle()))
        : null;
  }

  private boolean mayServeInsteadOfLoad(@Nullable Hit<V> hit, Duration since) {
    return hit != null
        && hit.failure() == null
        && hit.life().after(since).isOverForAtMost(config.staleIfError());
  }

  /** Whether {@link #insteadOfLoad} may have something. */
  boolean mayServeOld(Load<K, V> load) {
    if (load.lookup().outcome() == Outcome.DOWN) {
      LocalEntry<V> held = local.held(load.search().key());
      return held != null && held.about.failure == null;
    }
    Hit<V> hit = load.lookup().hit();
    return hit != null && hit.failure() == null;
  }

  private @Nullable Found<V> localInsteadOfLoad(Search<K, V> search) {
    boolean unheard = config.onRedisDown() == OnRedisDown.SERVE_LOCAL;
    LocalEntry<V> copy = local.getOld(search.key(), config.staleIfError(), unheard);
    if (copy == null || config.staleIfError().isZero()) {
      return null;
    }
    local.extend(search.key(), copy, config.throttle());
    return new Found<>(copy.value, Source.L1, true);
  }

  private @Nullable Found<V> whileRedisIsDown(Search<K, V> search, Mode mode) {
    if (config.onRedisDown() == OnRedisDown.FAIL) {
      throw new RedisUnavailable(
          "key '" + search.address().text() + "' of cache '" + name + "' was not loaded", null);
    }
    if (mode == Mode.VERIFY) {
      return null;
    }
    LocalEntry<V> copy =
        config.onRedisDown() == OnRedisDown.SERVE_LOCAL
            ? local.getUnheard(search.key())
            : local.get(search.key());
    if (copy != null && copy.about.failure != null) {
      throw remembered(
          search, copy.about.failure, Duration.ofNanos(copy.about.deadlineNanos - local.now()));
    }
    return copy == null ? null : new Found<>(copy.value, Source.L1);
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
      fills.add(
          new Fill<>(load.search().address(), load.lookup().lease(), entry, lifeOf(entry), null));
    }
    try {
      fill(loads, fills);
    } catch (CodecFailed e) {
      release(loads, Duration.ZERO);
      throw e;
    }
  }

  private void fill(List<Load<K, V>> loads, List<Fill<V>> fills) {
    List<Boolean> current = redis.fill(fills);
    for (int i = 0; i < loads.size(); i++) {
      Search<K, V> search = loads.get(i).search();
      Fill<V> fill = fills.get(i);
      if (current.get(i) && fill.isKept()) {
        Entry<V> entry = fill.entry();
        V value = copier == null ? entry.value() : copier.copy(entry.value());
        Hit<V> kept = new Hit<>(value, entry.tags(), fill.lease(), fill.life(), fill.failure());
        local.put(search.key(), kept, search.reading(), fill.life().left());
      }
    }
  }

  /** Ends the leases of loads that failed: the failure is remembered, or an old value may serve. */
  void fail(List<Load<K, V>> loads, Throwable thrown) {
    List<Load<K, V>> forgotten = new ArrayList<>();
    List<Load<K, V>> remembered = new ArrayList<>();
    for (Load<K, V> load : loads) {
      (config.remembers(thrown) && !mayServeOld(load) ? remembered : forgotten).add(load);
    }
    Life life = Life.begin(config.failureTtl(), Duration.ZERO);
    List<Fill<V>> fills = new ArrayList<>(remembered.size());
    for (Load<K, V> load : remembered) {
      Failure failure = Failure.of(thrown);
      Stamp lease = load.lookup().lease();
      fills.add(new Fill<>(load.search().address(), lease, Entry.absent(), life, failure));
    }
    fill(remembered, fills);
    release(forgotten, config.throttle());
  }

  /**
   * Gives the leases of loads that failed back; where an old value is there, after {@code rest}.
   */
  void release(List<Load<K, V>> loads, Duration rest) {
    List<Release> releases = new ArrayList<>(loads.size());
    for (Load<K, V> load : loads) {
      Stamp lease = load.lookup().lease();
      if (lease != null) {
        releases.add(new Release(load.search().address(), lease));
      }
    }
    redis.release(releases, rest);
  }

  /** How long an entry lives; the ends of entries that were made together are spread. */
  Life lifeOf(Entry<V> entry) {
    double share = 1 - config.jitter() * ThreadLocalRandom.current().nextDouble();
    long millis = (long) Math.ceil(config.lifeOf(entry).toMillis() * share);
    return Life.begin(
        Duration.ofMillis(millis), entry.value() == null ? Duration.ZERO : config.keep());
  }
}
