package io.perfkit.cache;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.perfkit.cache.L2Reply.Hit;
import io.perfkit.cache.L2Reply.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The entries of one cache in this process instead of Redis, with the leases, marks of tags, grace
 * period and cool-down of {@link RedisLevel}. Holds at most {@link CacheConfig#maxEntries()} and
 * evicts the least recently used. Thread safe.
 */
final class HeapLevel<V> implements SecondLevel<V> {

  /* Invariants
   * H1  a load is stored only under the lease that was taken before it began (RedisLevel L1).
   * H2  put and invalidate end the entry and any lease on it in one step (L2).
   * H3  an entry counts only in its generation and while none of its tags ended (L3).
   * All state is read and written under the lock, where no code of the host runs. */
  private static final int MAX_TAGS = 10_000;

  private final CacheConfig config;
  private final LeaseWaiters waiters;
  private final LongSupplier nanos;
  private final @Nullable Copier<V> copier;
  private final Object lock = new Object();
  private final Map<String, Slot<V>> slots;
  private final Map<String, Long> tagEnds = new HashMap<>();
  private long generation;
  private long sequence;
  private final OpenState open;

  HeapLevel(
      CacheConfig config,
      LeaseWaiters waiters,
      LongSupplier nanos,
      @Nullable Copier<V> copier,
      OpenState open) {
    this.open = open;
    this.config = config;
    this.waiters = waiters;
    this.nanos = nanos;
    this.copier = copier;
    this.slots =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Slot<V>> eldest) {
            return size() > config.maxEntries();
          }
        };
  }

  /** The state of a key. Guarded by the lock. */
  private static final class Slot<V> {
    private @Nullable Stored<V> stored;
    private @Nullable Lease lease;
  }

  private record Stored<V>(
      @Nullable V value,
      Set<String> tags,
      @Nullable Failure failure,
      EntryVersion version,
      long generation,
      long sequence,
      Ttl ttl,
      long sinceNanos) {}

  /**
   * A lease, or the cool-down that it has become.
   *
   * @param awaited whether a caller waits for its end
   */
  private record Lease(
      EntryVersion token,
      long generation,
      long sequence,
      long endNanos,
      boolean cooldown,
      boolean awaited) {}

  @Override
  public void requireOpen() {
    open.requireOpen();
  }

  @Override
  public Address address(String text) {
    return Address.inProcess(text);
  }

  @Override
  public List<L2Reply<V>> lookup(List<Question<V>> questions) {
    requireOpen();
    List<L2Reply<V>> replies = new ArrayList<>(questions.size());
    synchronized (lock) {
      for (Question<V> question : questions) {
        replies.add(look(question));
      }
    }
    return replies;
  }

  private L2Reply<V> look(Question<V> question) {
    long now = nanos.getAsLong();
    String text = question.address().text();
    Slot<V> slot = slots.get(text);
    Hit<V> hit = slot == null || slot.stored == null ? null : hit(slot.stored, now);
    if (slot != null && hit == null) {
      slot.stored = null;
    }
    boolean due = hit == null || isDue(hit.ttl());
    if (!question.leased() || !due) {
      boolean live = hit != null && !hit.ttl().isExpired();
      return new L2Reply<>(live ? Outcome.HIT : Outcome.ABSENT, hit, null, Duration.ZERO);
    }
    Lease lease = slot == null ? null : slot.lease;
    if (lease != null && lease.generation() == generation && lease.endNanos() - now > 0) {
      Duration left = Duration.ofNanos(lease.endNanos() - now);
      if (!lease.cooldown()) {
        requireNonNull(slot).lease = awaited(lease);
        return new L2Reply<>(Outcome.BUSY, hit, null, left);
      }
      if (hit != null) {
        return new L2Reply<>(Outcome.COOLING_DOWN, hit, null, left);
      }
    }
    EntryVersion token = EntryVersion.next();
    long end = now + config.lease().toNanos();
    slots.computeIfAbsent(text, key -> new Slot<>()).lease =
        new Lease(token, generation, sequence, end, false, false);
    return new L2Reply<>(Outcome.LEASED, hit, token, Duration.ZERO);
  }

  private boolean isDue(Ttl ttl) {
    return ttl.left().toMillis() <= ttl.total().toMillis() * config.refreshAhead();
  }

  private static Lease awaited(Lease lease) {
    return new Lease(
        lease.token(), lease.generation(), lease.sequence(), lease.endNanos(), false, true);
  }

  /** The entry, or null if it no longer counts. */
  private @Nullable Hit<V> hit(Stored<V> stored, long now) {
    Ttl ttl = stored.ttl().after(Duration.ofNanos(now - stored.sinceNanos()));
    if (stored.generation() != generation
        || stored.tags().stream().anyMatch(tag -> endedAfter(tag, stored.sequence()))
        || ttl.leftWithGrace().isNegative()
        || ttl.leftWithGrace().isZero()) {
      return null;
    }
    return new Hit<>(stored.value(), stored.tags(), stored.version(), ttl, stored.failure());
  }

  private boolean endedAfter(String tag, long when) {
    return tagEnds.getOrDefault(tag, 0L) > when;
  }

  @Override
  public List<Boolean> fill(List<Fill<V>> fills) {
    List<Boolean> current = new ArrayList<>(fills.size());
    for (Fill<V> fill : fills) {
      EntryVersion token = fill.lease();
      current.add(token == null || fill(fill, token));
    }
    return current;
  }

  private boolean fill(Fill<V> fill, EntryVersion token) {
    V value = copier == null ? fill.entry().value() : copier.copy(fill.entry().value());
    Set<String> tags = fill.entry().tags();
    boolean overtaken;
    Lease lease;
    synchronized (lock) {
      Slot<V> slot = slots.get(fill.address().text());
      lease = held(slot, token);
      if (slot == null || lease == null) {
        return false; // H1
      }
      long since = lease.sequence();
      overtaken =
          lease.generation() != generation || tags.stream().anyMatch(tag -> endedAfter(tag, since));
      slot.lease = null;
      if (!fill.isKept()) {
        slots.remove(fill.address().text());
      } else if (!overtaken) {
        slot.stored =
            new Stored<>(
                value,
                tags,
                fill.failure(),
                token,
                generation,
                since,
                fill.ttl(),
                nanos.getAsLong());
      }
    }
    wake(lease, fill.address());
    return !overtaken;
  }

  /** The lease of the slot, if it has this token and has not ended. */
  private @Nullable Lease held(@Nullable Slot<V> slot, EntryVersion token) {
    Lease lease = slot == null ? null : slot.lease;
    boolean held =
        lease != null
            && !lease.cooldown()
            && lease.token().equals(token)
            && lease.endNanos() - nanos.getAsLong() > 0;
    return held ? lease : null;
  }

  private void wake(@Nullable Lease lease, Address address) {
    if (lease != null && lease.awaited()) {
      waiters.wake(address.hash());
    }
  }

  @Override
  public void release(List<Release> releases, Duration cooldown) {
    for (Release release : releases) {
      Lease lease;
      synchronized (lock) {
        Slot<V> slot = slots.get(release.address().text());
        lease = held(slot, release.lease());
        if (slot == null || lease == null) {
          continue;
        }
        if (!cooldown.isZero() && slot.stored != null) {
          long end = nanos.getAsLong() + NANOSECONDS.convert(cooldown);
          slot.lease =
              new Lease(lease.token(), lease.generation(), lease.sequence(), end, true, false);
        } else {
          slot.lease = null;
        }
      }
      wake(lease, release.address());
    }
  }

  @Override
  public EntryVersion put(Address address, Entry<V> entry, Ttl ttl) {
    requireOpen();
    EntryVersion version = EntryVersion.next();
    V value = copier == null ? entry.value() : copier.copy(entry.value());
    synchronized (lock) {
      Slot<V> slot = new Slot<>(); // H2
      slot.stored =
          new Stored<>(
              value, entry.tags(), null, version, generation, sequence, ttl, nanos.getAsLong());
      slots.put(address.text(), slot);
    }
    waiters.wake(address.hash());
    return version;
  }

  @Override
  public void invalidate(Collection<Address> addresses) {
    requireOpen();
    synchronized (lock) {
      addresses.forEach(address -> slots.remove(address.text())); // H2
    }
    addresses.forEach(address -> waiters.wake(address.hash()));
  }

  @Override
  public void invalidateTag(String tag) {
    requireOpen();
    synchronized (lock) {
      if (tagEnds.size() >= MAX_TAGS && !tagEnds.containsKey(tag)) {
        endAll();
      } else {
        tagEnds.put(tag, ++sequence);
      }
    }
    waiters.wakeAll();
  }

  @Override
  public void clear() {
    requireOpen();
    synchronized (lock) {
      endAll();
    }
    waiters.wakeAll();
  }

  private void endAll() {
    generation++; // H3
    slots.clear();
    tagEnds.clear();
  }

  @Override
  public CacheHealth health(long now) {
    return CacheHealth.ALONE;
  }

  @Override
  public long failures() {
    return 0;
  }

  @Override
  public long unreadable() {
    return 0;
  }

  @Override
  public long unwritable() {
    return 0;
  }
}
