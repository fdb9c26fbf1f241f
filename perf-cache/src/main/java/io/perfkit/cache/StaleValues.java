package io.perfkit.cache;

import io.perfkit.cache.Found.Source;
import io.perfkit.cache.L2Reply.Hit;
import io.perfkit.cache.L2Reply.Outcome;
import io.perfkit.cache.LocalLevel.Reading;
import io.perfkit.cache.SecondLevel.Question;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a stale value may serve: while another load is under way
 * (stale-while-revalidate), in place of a load that fails or takes too long (stale-if-error), and
 * while Redis is down. Thread safe.
 *
 * <p>Invariant I6 of {@link Cache}: a stale value serves only if no invalidation older than {@code
 * maxStaleness} concerns it.
 */
final class StaleValues<K, V> {
  private final CacheConfig config;
  private final LocalLevel<K, V> local;
  private final SecondLevel<V> l2;

  StaleValues(CacheParts<K, V> parts) {
    this.config = parts.config();
    this.local = parts.local();
    this.l2 = parts.l2();
  }

  /**
   * The stale value that serves at once after a lookup, or null: during the cool-down after a
   * failed load, and while this caller or another node loads.
   */
  @Nullable Found<V> besidesLoad(KeyRead<K, V> read, L2Reply<V> reply) {
    Hit<V> hit = reply.hit();
    if (hit == null) {
      return null;
    }
    if (reply.outcome() == Outcome.COOLING_DOWN
        && hit.ttl().isExpiredForAtMost(config.gracePeriod())) {
      return serve(read, hit, read.reading(), reply.busyFor());
    }
    boolean loading = reply.outcome() == Outcome.LEASED || reply.outcome() == Outcome.BUSY;
    return loading && hit.ttl().isExpiredForAtMost(config.staleWhileRevalidate())
        ? new Found<>(hit.value(), Source.L2, true)
        : null;
  }

  /** Whether {@link #insteadOfLoad} may have something. */
  boolean mayServe(PendingLoad<K, V> load) {
    if (load.reply().outcome() == Outcome.DOWN) {
      LocalEntry<V> held = local.held(load.read().key());
      return held != null && held.about.failure == null;
    }
    Hit<V> hit = load.reply().hit();
    return hit != null && hit.failure() == null;
  }

  /**
   * As {@link #insteadOfLoad(PendingLoad)} for all of them, or for none: a load has one outcome.
   */
  boolean serveInsteadOf(List<PendingLoad<K, V>> loads) {
    List<Found<V>> stale = new ArrayList<>(loads.size());
    for (PendingLoad<K, V> load : loads) {
      Found<V> one = insteadOfLoad(load);
      if (one == null) {
        return false;
      }
      stale.add(one);
    }
    for (int i = 0; i < stale.size(); i++) {
      loads.get(i).read().found(stale.get(i));
    }
    return true;
  }

  /**
   * The stale value in place of a load that failed or takes too long, or null if none may serve.
   * Asks Redis again, in one round trip, if the value may have been invalidated since its lookup.
   * It then serves locally for {@link CacheConfig#throttle()}.
   */
  @Nullable Found<V> insteadOfLoad(PendingLoad<K, V> load) {
    KeyRead<K, V> read = load.read();
    if (load.reply().outcome() == Outcome.DOWN) {
      return localInsteadOfLoad(read);
    }
    Hit<V> hit = load.reply().hit();
    Reading reading = read.reading();
    Duration since = Duration.ofNanos(local.now() - reading.nanos());
    if (!mayServeInsteadOfLoad(hit, since)) {
      return null;
    }
    if (!local.isWithinStalenessBound(reading, read.hash())) {
      reading = local.reading(read.hash());
      hit = l2.lookup(List.of(new Question<V>(read.address(), false, null))).get(0).hit();
      since = Duration.ZERO;
    }
    return hit != null && mayServeInsteadOfLoad(hit, since)
        ? serve(read, hit, reading, since.plus(config.throttle()))
        : null;
  }

  private boolean mayServeInsteadOfLoad(@Nullable Hit<V> hit, Duration since) {
    return hit != null
        && hit.failure() == null
        && hit.ttl().after(since).isExpiredForAtMost(config.staleIfError());
  }

  private @Nullable Found<V> localInsteadOfLoad(KeyRead<K, V> read) {
    boolean unheard = config.onRedisDown() == OnRedisDown.SERVE_LOCAL;
    LocalEntry<V> copy = local.getStale(read.key(), config.staleIfError(), unheard);
    if (copy == null || config.staleIfError().isZero()) {
      return null;
    }
    local.extend(read.key(), copy, config.throttle());
    return new Found<>(copy.value, Source.L1, true);
  }

  /** Returns a stale value, and lets it serve locally for a while. */
  private Found<V> serve(KeyRead<K, V> read, Hit<V> hit, Reading reading, Duration cooldown) {
    Duration kept = hit.ttl().leftWithGrace();
    Duration time = cooldown.compareTo(kept) < 0 ? cooldown : kept; // I3
    local.put(read.key(), hit, reading, time);
    return new Found<>(hit.value(), Source.L2, true);
  }

  /** The copy that serves while Redis is down, perhaps without a recent heartbeat, or null. */
  @Nullable LocalEntry<V> whileRedisIsDown(K key) {
    return config.onRedisDown() == OnRedisDown.SERVE_LOCAL ? local.getUnheard(key) : local.get(key);
  }

  /**
   * The stale value that serves after that wait for another node's load; null if none, or not yet.
   */
  @Nullable Found<V> afterWaiting(PendingLoad<K, V> load, Duration waited) {
    return isTimeOver(waited) || isOver(waited, config.loadTimeoutSoft())
        ? insteadOfLoad(load)
        : null;
  }

  /** Whether callers wait no longer, even without a value. */
  boolean isTimeOver(Duration waited) {
    return isOver(waited, config.loadTimeoutHard());
  }

  /** How long a caller may wait on before {@link #afterWaiting} decides anew. */
  Duration untilDecision(Duration waited) {
    Duration next = config.lease();
    for (Duration limit : List.of(config.loadTimeoutSoft(), config.loadTimeoutHard())) {
      Duration left = limit.minus(waited);
      if (!limit.isZero() && !isOver(waited, limit) && left.compareTo(next) < 0) {
        next = left;
      }
    }
    return next;
  }

  private static boolean isOver(Duration waited, Duration limit) {
    return !limit.isZero() && waited.compareTo(limit) >= 0;
  }
}
