package io.perfkit.db.pool;

import static java.lang.Math.max;
import static java.lang.Math.min;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control loop of a pool: serves waiting callers, keeps the size above what nested acquires
 * need, finds leak suspects, raises the utilisation alert and steps the tuner. One thread runs it;
 * any thread reads it.
 */
final class PoolWatch {
  static final Duration BEAT = Duration.ofMillis(50);

  private static final Logger LOG = LoggerFactory.getLogger(PoolWatch.class);
  private static final long SECOND_NANOS = Duration.ofSeconds(1).toNanos();
  private static final Duration LEAK_LOOK_MAX = Duration.ofSeconds(1);
  private static final long COMPLAINT_NANOS = Duration.ofMinutes(1).toNanos();

  private final PoolConfig config;
  private final Pool pool;
  private final LastStatement lastStatement;
  private final PoolListener listener;
  private final @Nullable Tuner tuner;
  private final UtilisationAlarm alarm;
  private final AcquireTimes acquireTimes;

  private final long leakLookNanos;

  private long windowStart;
  private long secondStart;
  private long leaksSought;
  private long complained;
  private double used;
  private int looks;
  private volatile double utilisation;
  private volatile int suspects;

  PoolWatch(
      PoolConfig config,
      Pool pool,
      LastStatement lastStatement,
      PoolListener listener,
      @Nullable Tuner tuner) {
    this.config = config;
    this.pool = pool;
    this.lastStatement = lastStatement;
    this.listener = listener;
    this.tuner = tuner;
    this.alarm = new UtilisationAlarm(config.utilisation());
    this.acquireTimes = new AcquireTimes(pool.checkouts(), pool.now());
    this.windowStart = pool.now();
    this.leakLookNanos = leakLookEvery(config.leakAfter()).toNanos();
    this.secondStart = pool.now();
    this.leaksSought = pool.now();
    this.complained = pool.now() - COMPLAINT_NANOS;
  }

  /** One round. Failures are logged once a minute, and the next round goes on. */
  void beat() {
    try {
      used += min(1, (double) pool.active() / pool.size()); // more while it shrinks
      looks++;
      serveNested();
      pool.resizer().settle();
      long now = pool.now();
      if (now - secondStart >= SECOND_NANOS) {
        secondStart = now;
        acquireTimes.advance(now);
      }
      if (now - leaksSought >= leakLookNanos) {
        leaksSought = now;
        findLeaks(now);
      }
      if (now - windowStart >= config.utilisation().window().toNanos()) {
        windowStart = now;
        endWindow();
      }
      if (tuner != null) {
        Optional<TunerDecision> decision = tuner.look(floor());
        decision.ifPresent(made -> tell(hears -> hears.onDecision(made)));
      }
    } catch (RuntimeException e) {
      complain("pool '" + config.name() + "': a look at it failed", e);
    }
  }

  /** A suspect is found at most half its time late, and a look costs little if it is long. */
  static Duration leakLookEvery(Duration leakAfter) {
    Duration half = leakAfter.dividedBy(2);
    return half.compareTo(LEAK_LOOK_MAX) < 0 ? half : LEAK_LOOK_MAX;
  }

  /** Fewest connections with which nested callers make progress, up to the ceiling. */
  int floor() {
    return min(
        pool.sizing().maxSize(), max(pool.sizing().minSize(), pool.checkouts().nested().floor()));
  }

  /** Whether nested callers could deadlock even at the ceiling. */
  boolean deadlockPossible() {
    return pool.checkouts().nested().floor() > pool.sizing().maxSize();
  }

  private void serveNested() {
    pool.checkouts().nested().advance(pool.now());
    int floor = floor();
    if (pool.size() < floor) {
      LOG.warn(
          "pool '{}': grows from {} to {}, since threads hold up to {} connections at once and wait for another",
          config.name(),
          pool.size(),
          floor,
          pool.checkouts().nested().maxNesting());
    }
    pool.keepAtLeast(floor);
  }

  private void findLeaks(long now) {
    List<LeakSuspect> fresh = new ArrayList<>();
    int[] all = new int[1];
    pool.checkouts()
        .forEach(
            checkout -> {
              if (checkout.heldNanos(now) < config.leakAfter().toNanos()
                  || checkout.endIfClosedUnderneath()) {
                return;
              }
              all[0]++;
              if (!checkout.suspected) {
                checkout.suspected = true;
                fresh.add(checkout.suspect(now, lastStatement));
              }
            });
    suspects = all[0];
    for (LeakSuspect suspect : fresh) {
      LOG.warn("pool '{}': {}", config.name(), suspect);
      tell(hears -> hears.onLeakSuspect(suspect));
    }
  }

  private void endWindow() {
    utilisation = looks == 0 ? 0 : used / looks;
    used = 0;
    looks = 0;
    if (alarm.offer(utilisation)) {
      UtilisationAlert alert = new UtilisationAlert(alarm.raised(), utilisation, pool.size());
      LOG.warn("pool '{}': {}", config.name(), alert);
      tell(hears -> hears.onUtilisation(alert));
    }
  }

  private void tell(Consumer<PoolListener> what) {
    try {
      what.accept(listener);
    } catch (RuntimeException e) {
      complain("pool '" + config.name() + "': its listener failed", e);
    }
  }

  private void complain(String what, RuntimeException e) {
    long now = pool.now();
    if (now - complained >= COMPLAINT_NANOS) {
      complained = now;
      LOG.warn(what, e);
    }
  }

  /** The connections that are held for longer than allowed, longest first, with current stacks. */
  List<LeakSuspect> leakSuspects() {
    long now = pool.now();
    List<LeakSuspect> found = new ArrayList<>();
    pool.checkouts()
        .forEach(
            checkout -> {
              if (checkout.heldNanos(now) >= config.leakAfter().toNanos()
                  && !checkout.endIfClosedUnderneath()) {
                found.add(checkout.suspect(now, lastStatement));
              }
            });
    found.sort(Comparator.comparing(LeakSuspect::held).reversed());
    return List.copyOf(found);
  }

  PoolStats stats() {
    CheckedOutConnections checkouts = pool.checkouts();
    AcquireTimes.Percentiles acquire = acquireTimes.percentiles();
    return new PoolStats(
        pool.active(),
        pool.idle(),
        pool.waiting(),
        pool.size(),
        floor(),
        pool.sizing().maxSize(),
        utilisation,
        alarm.raised(),
        checkouts.begun(),
        checkouts.failed(),
        acquire.p50(),
        acquire.p95(),
        acquire.p99(),
        checkouts.nested().total(),
        checkouts.nested().maxNesting(),
        suspects,
        pool.source().failures());
  }

  PoolHealth health() {
    return new PoolHealth(
        pool.total() > 0 && pool.source().outage().isEmpty(),
        pool.waiting() > 0 && pool.idle() == 0,
        alarm.raised(),
        deadlockPossible(),
        pool.source().formerPrimary().isSeen(),
        suspects);
  }
}
