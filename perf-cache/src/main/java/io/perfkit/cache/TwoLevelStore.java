package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.perfkit.cache.Found.Source;
import io.perfkit.cache.L2Reply.Hit;
import io.perfkit.cache.L2Reply.Outcome;
import io.perfkit.cache.SecondLevel.Fill;
import io.perfkit.cache.SecondLevel.Question;
import io.perfkit.cache.SecondLevel.Release;
import io.perfkit.redis.RedisUnavailable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Both levels as one: looks in L1, then in L2, and stores loaded values in both. Thread safe. */
final class TwoLevelStore<K, V> {
  private final CacheParts<K, V> parts;
  private final CacheConfig config;
  private final LocalLevel<K, V> local;
  private final SecondLevel<V> l2;
  private final StaleValues<K, V> stale;

  TwoLevelStore(CacheParts<K, V> parts, StaleValues<K, V> stale) {
    this.parts = parts;
    this.config = parts.config();
    this.local = parts.local();
    this.l2 = parts.l2();
    this.stale = stale;
  }

  /** How a key is looked up. */
  enum Mode {
    /** In L1, then in L2, taking the lease to load. */
    READ,
    /** The same without a lease: nothing will be loaded. */
    PEEK,
    /** In L2, taking the lease to load. */
    VERIFY
  }

  /**
   * Ends each read whose key a level holds; returns the loads that are left. These include a value
   * that serves but that this caller is to refresh: such a load {@link PendingLoad#isServed}.
   */
  List<PendingLoad<K, V>> lookUp(List<KeyRead<K, V>> reads, Mode mode) {
    List<KeyRead<K, V>> absent = new ArrayList<>(reads.size());
    List<Question<V>> questions = new ArrayList<>(reads.size());
    for (KeyRead<K, V> read : reads) {
      // Again, since another load may have ended meanwhile.
      LocalEntry<V> copy = mode == Mode.VERIFY ? null : local.get(read.key());
      LocalEntry<V> held = copy == null ? local.held(read.key()) : null;
      if (held != null
          && mode == Mode.PEEK
          && held.about.failure == null
          && local.isWithinStalenessBound(held)) {
        copy = held; // a caller that can't load leaves the refresh to one that can
      }
      if (copy == null) {
        if (held != null) {
          requireNoFailure(read, mode, held);
          held.claimRefresh();
        }
        absent.add(read);
        questions.add(new Question<>(read.address(), mode != Mode.PEEK, held));
      } else {
        read.found(new Found<>(copy.value, Source.L1));
      }
    }
    List<L2Reply<V>> replies = l2.lookup(questions);
    List<PendingLoad<K, V>> loads = new ArrayList<>(absent.size());
    for (int i = 0; i < absent.size(); i++) {
      loads.add(new PendingLoad<>(absent.get(i), replies.get(i)));
    }
    try {
      for (PendingLoad<K, V> load : loads) {
        Found<V> answer = answer(load.read(), mode, load.reply());
        if (answer != null) {
          load.read().found(answer);
        }
      }
    } catch (CacheException | RedisUnavailable e) {
      release(loads, Duration.ZERO);
      throw e;
    }
    loads.removeIf(load -> load.reply().lease() == null && load.isServed());
    return loads;
  }

  /** Keeps and returns the value of L2; null if L2 has none that serves. */
  private @Nullable Found<V> answer(KeyRead<K, V> read, Mode mode, L2Reply<V> reply) {
    if (reply.outcome() == Outcome.DOWN) {
      return whileRedisIsDown(read, mode);
    }
    Hit<V> hit = reply.hit();
    if (hit == null || !reply.isLive()) {
      return stale.besidesLoad(read, reply);
    }
    local.put(read.key(), hit, read.reading(), hit.ttl().left()); // I3
    if (hit.failure() == null) {
      return new Found<>(hit.value(), Source.L2);
    }
    if (mode == Mode.PEEK) {
      return null;
    }
    throw remembered(read, hit.failure(), hit.ttl().left());
  }

  private @Nullable Found<V> whileRedisIsDown(KeyRead<K, V> read, Mode mode) {
    if (config.onRedisDown() == OnRedisDown.FAIL) {
      throw new RedisUnavailable(parts.what(read.address()) + " was not loaded", null);
    }
    if (mode == Mode.VERIFY) {
      return null;
    }
    LocalEntry<V> copy = stale.whileRedisIsDown(read.key());
    if (copy != null && copy.about.failure != null) {
      throw remembered(read, copy.about.failure, left(copy));
    }
    return copy == null ? null : new Found<>(copy.value, Source.L1);
  }

  /** Throws a failure that this node remembers, without asking Redis. */
  private void requireNoFailure(KeyRead<K, V> read, Mode mode, LocalEntry<V> held) {
    Failure failure = held.about.failure;
    if (failure != null && mode == Mode.READ && local.isWithinStalenessBound(held)) {
      throw remembered(read, failure, left(held));
    }
  }

  private Duration left(LocalEntry<V> copy) {
    return Duration.ofNanos(copy.about.deadlineNanos - local.now());
  }

  private RememberedFailure remembered(KeyRead<K, V> read, Failure failure, Duration left) {
    parts.counters().failuresRemembered.increment();
    return new RememberedFailure(
        "loading "
            + parts.what(read.address())
            + " failed with "
            + failure.kind()
            + ", which is remembered for "
            + MILLISECONDS.convert(left)
            + " ms more",
        failure.cause());
  }

  /**
   * Stores loaded entries: in L2 if this node holds the lease, and locally unless the lease was
   * lost.
   */
  void keep(List<PendingLoad<K, V>> loads, List<Entry<V>> entries) {
    List<Fill<V>> fills = new ArrayList<>(loads.size());
    for (int i = 0; i < loads.size(); i++) {
      PendingLoad<K, V> load = loads.get(i);
      Entry<V> entry = entries.get(i);
      fills.add(new Fill<>(load.read().address(), load.reply().lease(), entry, ttlOf(entry), null));
    }
    fill(loads, fills);
  }

  private void fill(List<PendingLoad<K, V>> loads, List<Fill<V>> fills) {
    List<Boolean> current = l2.fill(fills);
    for (int i = 0; i < loads.size(); i++) {
      KeyRead<K, V> read = loads.get(i).read();
      Fill<V> fill = fills.get(i);
      if (current.get(i) && fill.isKept()) {
        Entry<V> entry = fill.entry();
        V value = parts.handOut(entry.value());
        Hit<V> kept = new Hit<>(value, entry.tags(), fill.lease(), fill.ttl(), fill.failure());
        local.put(read.key(), kept, read.reading(), fill.ttl().left());
      }
    }
  }

  /**
   * Ends the leases of loads that failed: the failure is remembered, or a stale value may serve.
   */
  void fail(List<PendingLoad<K, V>> loads, Throwable thrown) {
    List<PendingLoad<K, V>> forgotten = new ArrayList<>();
    List<PendingLoad<K, V>> remembered = new ArrayList<>();
    for (PendingLoad<K, V> load : loads) {
      (config.remembers(thrown) && !stale.mayServe(load) ? remembered : forgotten).add(load);
    }
    Ttl ttl = Ttl.of(config.failureTtl(), Duration.ZERO);
    List<Fill<V>> fills = new ArrayList<>(remembered.size());
    for (PendingLoad<K, V> load : remembered) {
      Failure failure = Failure.of(thrown);
      EntryVersion lease = load.reply().lease();
      fills.add(new Fill<>(load.read().address(), lease, Entry.absent(), ttl, failure));
    }
    fill(remembered, fills);
    release(forgotten, config.throttle());
  }

  /** Releases the leases of loads, after {@code cooldown} if there is a stale value. */
  void release(List<PendingLoad<K, V>> loads, Duration cooldown) {
    List<Release> releases = new ArrayList<>(loads.size());
    for (PendingLoad<K, V> load : loads) {
      EntryVersion lease = load.reply().lease();
      if (lease != null) {
        releases.add(new Release(load.read().address(), lease));
      }
    }
    l2.release(releases, cooldown);
  }

  /** How long an entry lives; the ends of entries that were made together are spread by jitter. */
  Ttl ttlOf(Entry<V> entry) {
    if (parts.keepsNothing()) {
      return Ttl.of(Duration.ZERO, Duration.ZERO);
    }
    double share = 1 - config.jitter() * ThreadLocalRandom.current().nextDouble();
    long millis = (long) Math.ceil(config.ttlOf(entry).toMillis() * share);
    return Ttl.of(
        Duration.ofMillis(millis), entry.value() == null ? Duration.ZERO : config.gracePeriod());
  }
}
