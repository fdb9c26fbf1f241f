package io.perfkit.db.pool;

import static java.lang.Math.abs;
import static java.lang.Math.ceil;
import static java.lang.Math.log;
import static java.lang.Math.max;
import static java.lang.Math.min;
import static java.lang.Math.round;
import static java.lang.Math.sqrt;

import io.perfkit.db.pool.TunerDecision.Reason;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Hill climbing on the pool's throughput: finds the size at the knee of the curve, window by
 * window. Pure except for the given randomness: no clock, no thread.
 *
 * <p>Formula: with X the throughput, a probe compares the size b with c = b ± step·b in pairs of
 * windows, b c b c. Its gain is g = mean ln(Xc / Xb). The size c is accepted if and only if
 *
 * <pre>g >= knee · ln(c / b)</pre>
 *
 * <p>In words: to grow, more connections must bring at least {@code knee} of their share in
 * throughput; to shrink, fewer must cost less than that. So on a plateau the smaller pool wins, and
 * beyond the maximum every step back is accepted. It compares neighbouring windows, so a drifting
 * load does not decide. It also measures the noise, and gives a probe whose gain is too near to the
 * bound more pairs. After an accepted probe the next one goes on in the same direction, after a
 * rejected one in the other. When both are rejected, it probes nothing for 4, 8, … 64 windows, or
 * until the throughput changes.
 *
 * <p>Only a pool that limits its callers shows anything about its size, so otherwise it probes
 * nothing.
 */
final class HillClimber {
  private static final int PAIRS_MIN = 2;
  private static final int PAIRS_MAX = 12;
  private static final int HOLD_WINDOWS = 4;
  private static final int HOLD_DOUBLINGS = 4;
  private static final double OTHER_REGIME = 0.2;
  private static final double NOISE_SHARE = 0.2;
  private static final double NOISE_AT_FIRST = 0.05 * 0.05;
  private static final double DEVIATIONS = 1.5;
  private static final double SPARE = 1.25;

  /* Invariants
   * C1  the size is in [floor, ceiling], and changes at most once per window.
   * C2  after a probe that was not accepted, the size is the former one.
   * C3  no probe begins after a window in which callers were not limited.
   */
  private final TunerConfig config;
  private final int ceilingMax;
  private final RandomGenerator random;

  private int floor;
  private int ceiling;
  private int base;
  private long windows;
  private double coolingSeconds;
  private double lowSeconds;
  private double lowPeak;

  private int direction = 1;
  private boolean otherRejected;
  private int hold;
  private int holdDoublings;
  private double heldThroughput;

  private boolean probing;
  private int candidate;
  private boolean atCandidate;
  private int pairs;
  private double baseLog;
  private double gainSum;
  private double gainSquares;
  private double noise = NOISE_AT_FIRST; // variance of ln X of one window, smoothed over probes

  HillClimber(TunerConfig config, int floor, int size, int ceiling, RandomGenerator random) {
    this.config = config;
    this.random = random;
    this.floor = floor;
    this.ceilingMax = ceiling;
    this.ceiling = ceiling;
    this.base = size;
  }

  /** The size for the next window. */
  int size() {
    return probing && atCandidate ? candidate : base;
  }

  /** Sets the floor, from the next window on. */
  void floor(int connections) {
    floor = min(connections, ceilingMax);
  }

  /** Takes the measurements of the window that had {@link #size}; empty if nothing changes. */
  Optional<TunerDecision> step(PoolWindow window) {
    windows++;
    ceiling = max(floor, coolingSeconds > 0 ? ceiling : ceilingMax);
    coolingSeconds = max(0, coolingSeconds - window.seconds());
    lowSeconds = window.low() ? lowSeconds + window.seconds() : 0;
    lowPeak = window.low() ? max(lowPeak, window.active()) : 0;
    if (window.refusals() > 0) {
      coolingSeconds = config.cooling().toMillis() / 1000.0;
      int there = max(floor, min(ceilingMax, window.total()));
      ceiling = config.dryRun() ? ceiling : there;
      return rebase(window, min(base, there), Reason.REFUSED);
    }
    if (outOfBounds(base) || (probing && outOfBounds(candidate))) {
      return rebase(window, max(floor, min(base, ceiling)), Reason.BOUNDS);
    }
    if (probing) {
      return goOn(window);
    }
    if (lowSeconds * 1000 >= config.lowDemandAfter().toMillis()) {
      int enough = max(floor, (int) ceil(lowPeak * SPARE));
      lowSeconds = 0;
      lowPeak = 0;
      return enough < base ? rebase(window, enough, Reason.LOW_DEMAND) : Optional.empty();
    }
    return window.limited() && !holds(window) ? begin(window) : Optional.empty();
  }

  private boolean outOfBounds(int size) {
    return size < floor || size > ceiling;
  }

  /** Whether both directions were rejected lately, and nothing calls for another probe. */
  private boolean holds(PoolWindow window) {
    if (hold > 0 && abs(log(window.throughput() / heldThroughput)) > OTHER_REGIME) {
      hold = 0;
      holdDoublings = 0;
    }
    hold = max(0, hold - 1);
    return hold > 0;
  }

  private Optional<TunerDecision> begin(PoolWindow window) {
    candidate = next();
    if (candidate == base) {
      direction = -direction; // at a bound, which is as good as rejected
      otherRejected = true;
      candidate = next();
    }
    if (candidate == base) {
      return Optional.empty(); // floor and ceiling are one
    }
    if (config.dryRun()) {
      rejected(window);
      return decided(window, Reason.PROBE, base, candidate, 0);
    }
    probing = true;
    atCandidate = true;
    pairs = 0;
    gainSum = 0;
    gainSquares = 0;
    baseLog = log(window.throughput());
    return decided(window, Reason.PROBE, base, candidate, 0);
  }

  private int next() {
    int distance = max(1, (int) round(base * config.step()));
    return max(floor, min(ceiling, base + direction * distance));
  }

  private Optional<TunerDecision> goOn(PoolWindow window) {
    if (!atCandidate) {
      if (!window.limited()) {
        probing = false; // C3: the demand went away
        return decided(window, Reason.NO_DEMAND, base, base, 0);
      }
      baseLog = log(window.throughput());
      atCandidate = true;
      return decided(window, Reason.PROBE, base, candidate, 0);
    }
    if (window.completed() == 0 || (candidate < base && !window.limited())) {
      probing = false;
      return decided(window, Reason.NO_DEMAND, candidate, base, 0);
    }
    double pairGain = log(window.throughput()) - baseLog;
    pairs++;
    gainSum += pairGain;
    gainSquares += pairGain * pairGain;
    double gain = gainSum / pairs;
    double need = config.knee() * log((double) candidate / base);
    if (pairs < PAIRS_MIN || (pairs < PAIRS_MAX && abs(gain - need) < doubt())) {
      atCandidate = false;
      return decided(window, Reason.COMPARE, candidate, base, gain);
    }
    learnNoise(gain);
    probing = false;
    if (gain >= need) {
      base = candidate;
      otherRejected = false;
      hold = 0;
      holdDoublings = 0;
      return decided(window, Reason.ACCEPTED, base, base, gain);
    }
    rejected(window);
    return decided(window, Reason.REJECTED, candidate, base, gain); // C2
  }

  private void rejected(PoolWindow window) {
    direction = -direction;
    if (otherRejected) {
      // Instances that share a database must not go on probing side by side.
      double jitter = 0.75 + random.nextDouble() / 2;
      hold = (int) round((HOLD_WINDOWS << holdDoublings) * jitter);
      holdDoublings = min(HOLD_DOUBLINGS, holdDoublings + 1);
      heldThroughput = window.throughput();
    }
    otherRejected = !otherRejected;
  }

  private double doubt() {
    return DEVIATIONS * sqrt(2 * noise / pairs);
  }

  private void learnNoise(double gain) {
    double variance = max(0, gainSquares - pairs * gain * gain) / (pairs - 1) / 2;
    noise += NOISE_SHARE * (variance - noise);
  }

  private Optional<TunerDecision> rebase(PoolWindow window, int size, Reason reason) {
    int before = size();
    probing = false;
    if (!config.dryRun() || reason == Reason.BOUNDS) { // the pool has grown to its floor by itself
      base = size;
    } else if (size == base) {
      return Optional.empty();
    }
    return decided(window, reason, before, size, 0);
  }

  private Optional<TunerDecision> decided(
      PoolWindow window, Reason reason, int from, int to, double gain) {
    return Optional.of(
        new TunerDecision(windows, reason, from, to, window.throughput(), gain, !config.dryRun()));
  }
}
