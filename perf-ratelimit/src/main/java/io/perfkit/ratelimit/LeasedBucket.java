package io.perfkit.ratelimit;

import io.perfkit.ratelimit.LeaseServer.Grant;
import io.perfkit.ratelimit.LeaseServer.Want;
import io.perfkit.redis.RedisException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One node's part of a shared token bucket: the server leases permits in batches, and the node
 * spends them itself, so that a request costs a compare-and-set. The size of a batch follows
 * consumption. Thread safe.
 */
final class LeasedBucket {
  /** Fewer permits are not worth a request. */
  static final long SIZE_MIN = 64;

  /** The clocks of node and server drift apart by less than one part in this. */
  private static final long DRIFT = 1_000;

  /** A bucket that ran dry is asked again after this part of a lease's life. */
  private static final long PAUSES = 200;

  private static final int TRIES_MAX = 3;

  /* Invariants
   * I1  the server counts at least as many permits for this node as are left here: what is left is
   *     read before a request is sent, and grows only under `sync`: by what the server answered, or
   *     by what comes back before another request has counted it as spent.
   * I2  no permit is spent at or after the deadline of its lease, which is earlier than the server's
   *     expiry: it counts from before the request was sent, on a clock that may be slow by DRIFT.
   * I3  a request is repeated unchanged until it was answered, so no grant is made twice.
   * I4  permits that the server has forgotten are not spent under a later lease: that is another
   *     Lease object. */
  private final LeaseServer server;
  private final LongSupplier nanos;
  private final Executor prefetches;
  private final long lifeNanos;
  private final long sizeMax;
  private final ReentrantLock sync = new ReentrantLock();
  private final AtomicBoolean prefetching = new AtomicBoolean();

  private volatile Lease lease;
  private volatile long refusedUntil;
  private volatile long prefetchBelow;
  private volatile long sequence; // this and what follows: written under sync
  private @Nullable Want unanswered;
  private long answered;
  private long size = SIZE_MIN;
  private long askedAt;
  private long leftAtAnswer;
  private long leftAtTick;
  private long sequenceAtTick;

  /**
   * @param prefetches runs requests in the background
   * @param life of a lease
   * @param sizeMax most permits of one request
   */
  LeasedBucket(
      LeaseServer server, LongSupplier nanos, Executor prefetches, Duration life, long sizeMax) {
    this.server = server;
    this.nanos = nanos;
    this.prefetches = prefetches;
    this.lifeNanos = life.toNanos();
    this.sizeMax = sizeMax;
    long now = nanos.getAsLong();
    this.lease = new Lease(0, now);
    this.refusedUntil = now;
    this.askedAt = now;
  }

  /**
   * Takes permits, or returns the wait for them.
   *
   * @return nanoseconds to wait; zero if they were taken
   * @throws RedisException if too few were left and the server did not answer
   */
  long take(long permits) {
    long left = lease.take(permits, nanos);
    if (left == Lease.REFUSED) {
      return takeFromServer(permits);
    }
    if (left < prefetchBelow && prefetching.compareAndSet(false, true)) {
      prefetches.execute(this::prefetch);
    }
    return 0;
  }

  private long takeFromServer(long permits) {
    long wait = refusedUntil - nanos.getAsLong();
    if (wait > 0) {
      return wait;
    }
    sync.lock();
    try {
      for (int i = 0; i < TRIES_MAX; i++) {
        if (lease.take(permits, nanos) != Lease.REFUSED) {
          return 0;
        }
        wait = refusedUntil - nanos.getAsLong();
        if (wait > 0) {
          return wait;
        }
        request(permits);
      }
      return lease.take(permits, nanos) == Lease.REFUSED ? pause() : 0;
    } finally {
      sync.unlock();
    }
  }

  /** Permits that can be taken without asking the server. */
  long left() {
    Lease current = lease;
    return current.live(nanos.getAsLong()) ? current.left() : 0;
  }

  /** Time for which each request is refused without asking the server. */
  long refusedNanos() {
    return Math.max(0, refusedUntil - nanos.getAsLong());
  }

  /** To be read before permits are taken that may be put back. */
  long sequence() {
    return sequence;
  }

  /**
   * Puts back permits that were taken since {@link #sequence} was read, and not used. If a request
   * was made meanwhile they are lost instead: it has counted them as spent.
   */
  void putBack(long readSequence, long permits) {
    if (sync.tryLock()) {
      try {
        if (sequence == readSequence) {
          lease.putBack(permits);
        }
      } finally {
        sync.unlock();
      }
    }
  }

  private void prefetch() {
    sync.lock();
    try {
      if (lease.left() < prefetchBelow && refusedUntil - nanos.getAsLong() <= 0) {
        request(0);
      }
    } catch (RedisException e) {
      prefetchBelow = 0; // a caller that finds no permit asks itself, and gets the exception
    } finally {
      sync.unlock();
      prefetching.set(false);
    }
  }

  /**
   * Returns idle permits and renews a lease that is spent slowly. To be called a few times in the
   * life of a lease.
   *
   * @return whether no permit is left and nothing changed since the last call
   * @throws RedisException if the server did not answer, which does no harm
   */
  boolean tick() {
    if (!sync.tryLock()) {
      return false;
    }
    try {
      long left = lease.left();
      boolean idle = left == leftAtTick && sequence == sequenceAtTick;
      leftAtTick = left;
      sequenceAtTick = sequence;
      if (left > 0 && idle) {
        giveBack();
      } else if (left > 0 && !lease.live(nanos.getAsLong() + lifeNanos / 2)) {
        request(0);
      }
      return left == 0 && idle;
    } finally {
      sync.unlock();
    }
  }

  /** Returns the permits that are left; a later {@link #take} asks for a new lease. */
  void close() {
    sync.lock();
    try {
      giveBack();
    } finally {
      sync.unlock();
    }
  }

  private void giveBack() {
    ask(0, lease.drain(), 0, 0);
  }

  private void request(long need) {
    long now = nanos.getAsLong();
    boolean live = lease.live(now);
    long held = live ? lease.left() : 0;
    long unused = live ? 0 : lease.drain();
    resize(now, leftAtAnswer - held - unused);
    ask(held, unused, need, Math.max(need, size - held));
  }

  /**
   * Doubles the size if the permits were spent in a tenth of their life, halves it if most were not
   * spent.
   */
  private void resize(long now, long spent) {
    boolean quick = now - askedAt < lifeNanos / 10;
    if (quick && spent >= size / 2) {
      size = Math.min(sizeMax, size * 2);
    } else if (!quick && spent < size / 4) {
      size = Math.max(SIZE_MIN, size / 2);
    }
    askedAt = now;
  }

  private void ask(long held, long unused, long need, long want) {
    Want asked = unanswered;
    if (asked == null) {
      sequence = answered + 1;
      asked = new Want(answered + 1, answered, held, unused, need, want);
      unanswered = asked;
    }
    long sent = nanos.getAsLong();
    accept(asked, server.lease(asked), sent);
  }

  private void accept(Want asked, Grant grant, long sent) {
    unanswered = null;
    answered = asked.sequence();
    long life = grant.lifeMicros() * 1_000;
    long deadline = sent + life - life / DRIFT;
    if (grant.kept()) {
      lease.extend(grant.granted(), deadline);
    } else {
      lease = new Lease(grant.granted(), deadline);
    }
    leftAtAnswer = lease.left();
    boolean dry = grant.granted() < asked.want();
    if (dry) { // permits return by themselves, and are worth a request a little later
      refusedUntil = sent + Math.max(grant.waitMicros() * 1_000, pause());
    }
    prefetchBelow = dry ? 0 : grant.granted() / 2;
  }

  private long pause() {
    return lifeNanos / PAUSES;
  }
}
