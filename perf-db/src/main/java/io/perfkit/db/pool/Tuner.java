package io.perfkit.db.pool;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Feeds a {@link HillClimber} with windows of a live pool and carries out its decisions. Runs on
 * the pool's thread; any thread reads its log.
 */
final class Tuner {
  private static final int LOG_MAX = 200;

  private final TunerConfig config;
  private final Pool pool;
  private final HillClimber climber;
  private final Deque<TunerDecision> log = new ArrayDeque<>();
  private long decided;

  private long start;
  private boolean settling = true;
  private long completedBefore;
  private long refusalsBefore;
  private int looks;
  private long active;
  private long waiting;

  Tuner(TunerConfig config, Pool pool, RandomGenerator random) {
    this.config = config;
    this.pool = pool;
    PoolSizing sizing = pool.sizing();
    this.climber =
        new HillClimber(config, sizing.minSize(), sizing.size(), sizing.maxSize(), random);
    begin(pool.now());
    this.refusalsBefore = pool.source().refusals();
  }

  /** One round; returns a decision if a window ended with one. */
  Optional<TunerDecision> look(int floor) {
    long now = pool.now();
    double seconds = (now - start) / 1e9;
    if (settling) {
      if (settled(now)) {
        settling = false;
        begin(now);
      }
      return Optional.empty();
    }
    looks++;
    active += pool.active();
    waiting += pool.waiting();
    long completed = pool.checkouts().ended() - completedBefore;
    long refusals = pool.source().refusals() - refusalsBefore;
    boolean whole =
        now - start >= config.window().toNanos() && completed >= config.minCompletions();
    if (!whole && now - start < config.maxWindow().toNanos() && refusals == 0) {
      return Optional.empty();
    }
    PoolWindow window =
        new PoolWindow(
            climber.size(),
            pool.total(),
            completed,
            seconds,
            (double) active / looks,
            (double) waiting / looks,
            refusals);
    refusalsBefore += refusals;
    climber.floor(floor);
    Optional<TunerDecision> decision = climber.step(window);
    if (pool.wanted() != climber.size()) {
      pool.resize(climber.size());
      settling = true;
    }
    begin(now);
    decision.ifPresent(this::record);
    return decision;
  }

  /** Work begun under the former size counts for neither size, nor does the time to connect. */
  private boolean settled(long now) {
    long window = config.window().toNanos();
    boolean there = pool.total() == pool.size() || pool.waiting() == 0;
    return now - start >= (there ? window / 4 : window);
  }

  private void begin(long now) {
    start = now;
    completedBefore = pool.checkouts().ended();
    looks = 0;
    active = 0;
    waiting = 0;
  }

  private void record(TunerDecision decision) {
    synchronized (log) {
      if (log.size() == LOG_MAX) {
        log.removeFirst();
      }
      log.addLast(decision);
      decided++;
    }
  }

  /** The last 200, oldest first. */
  List<TunerDecision> decisions() {
    synchronized (log) {
      return List.copyOf(log);
    }
  }

  long decided() {
    synchronized (log) {
      return decided;
    }
  }
}
