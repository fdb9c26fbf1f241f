package io.perfkit.db.pool;

import static java.lang.Math.max;
import static java.lang.Math.min;

import java.util.Random;
import java.util.function.IntUnaryOperator;

/** Windows of a pool in front of a database that scales by a curve, with noise. */
final class SimulatedPool {
  static final double SECONDS = 2;

  private final Random random;
  private final double noise;
  private UslCurve curve;
  private int callers;

  /**
   * @param callers threads that always want a connection
   * @param noise standard deviation of a window's throughput, as a share
   */
  SimulatedPool(UslCurve curve, int callers, double noise, long seed) {
    this.curve = curve;
    this.callers = callers;
    this.noise = noise;
    this.random = new Random(seed);
  }

  void curve(UslCurve other) {
    curve = other;
  }

  void callers(int threads) {
    callers = threads;
  }

  /** One window with that size. */
  PoolWindow window(int size) {
    int active = min(size, callers);
    double throughput =
        active == 0 ? 0 : curve.at(active) * max(0.1, 1 + noise * random.nextGaussian());
    long completed = (long) (throughput * SECONDS);
    return new PoolWindow(size, size, completed, SECONDS, active, max(0, callers - size), 0);
  }

  /** Mean share of the best throughput over the last {@code tail} of {@code windows}. */
  double tail(HillClimber climber, int windows, int tail, int ceiling) {
    double best = curve.at(min(callers, curve.best(ceiling)));
    double sum = 0;
    for (int i = 0; i < windows; i++) {
      int size = climber.size();
      climber.step(window(size));
      sum += i >= windows - tail ? curve.at(min(size, callers)) / best : 0;
    }
    return sum / tail;
  }

  /** As {@link #tail}, for a rule that gives the size after {@code size}. */
  double tailOf(IntUnaryOperator next, int start, int windows, int tail, int ceiling) {
    double best = curve.at(min(callers, curve.best(ceiling)));
    double sum = 0;
    int size = start;
    for (int i = 0; i < windows; i++) {
      sum += i >= windows - tail ? curve.at(min(size, callers)) / best : 0;
      size = min(ceiling, next.applyAsInt(size));
    }
    return sum / tail;
  }
}
