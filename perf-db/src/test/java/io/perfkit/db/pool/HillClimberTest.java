package io.perfkit.db.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.db.pool.TunerDecision.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

/** The tuner's decisions on simulated databases. Quotes the invariants of {@link HillClimber}. */
final class HillClimberTest {
  private static final int CEILING = 200;
  private static final int CALLERS = 400;
  private static final int WINDOWS = 600;
  private static final int TAIL = 200;
  private static final double ENOUGH = 0.93;
  private static final double[] SIGMAS = {0, 0.02, 0.05, 0.1, 0.2};
  private static final double[] KAPPAS = {0.0002, 0.0005, 0.002, 0.01};
  private static final int[] STARTS = {4, 20, 150};
  private static final double[] NOISES = {0.03, 0.08};
  private static final int SEEDS = 5;

  @Test
  void comesCloseToTheBestThroughputOnEveryCurveFromEveryStart() {
    List<String> missed = new ArrayList<>();
    for (UslCurve curve : curves()) {
      for (double noise : NOISES) {
        for (int start : STARTS) {
          for (int seed = 1; seed <= SEEDS; seed++) {
            SimulatedPool pool = new SimulatedPool(curve, CALLERS, noise, seed);
            HillClimber climber = climber(TunerConfig.defaults(), start, seed);
            double reached = pool.tail(climber, WINDOWS, TAIL, CEILING);
            if (reached < ENOUGH) {
              missed.add(
                  "%s noise %s start %d seed %d: %.3f"
                      .formatted(curve, noise, start, seed, reached));
            }
          }
        }
      }
    }
    assertThat(missed).isEmpty();
  }

  /** The bound that the climber meets is one that the usual rules miss. */
  @Test
  void growingWhileThePoolIsBusyMissesIt() {
    IntUnaryOperator byUtilisation = size -> size + Math.max(1, size / 4); // always busy

    assertThat(worst(byUtilisation)).isLessThan(ENOUGH);
  }

  @Test
  void growingByOneWheneverACallerTimesOutMissesIt() {
    IntUnaryOperator onTimeout = size -> size + 1; // with more callers than connections some do

    assertThat(worst(onTimeout)).isLessThan(ENOUGH);
  }

  @Test
  void followsADatabaseThatBecomesFasterOrSlower() {
    UslCurve small = new UslCurve(0.05, 0.002);
    UslCurve large = new UslCurve(0.02, 0.0002);
    for (int seed = 1; seed <= SEEDS; seed++) {
      SimulatedPool pool = new SimulatedPool(small, CALLERS, 0.03, seed);
      HillClimber climber = climber(TunerConfig.defaults(), 10, seed);
      assertThat(pool.tail(climber, WINDOWS, TAIL, CEILING)).isGreaterThan(ENOUGH);

      pool.curve(large);
      assertThat(pool.tail(climber, WINDOWS, TAIL, CEILING)).isGreaterThan(ENOUGH);

      pool.curve(small);
      assertThat(pool.tail(climber, WINDOWS, TAIL, CEILING)).isGreaterThan(ENOUGH);
    }
  }

  @Test
  void staysWithinItsBoundsAndReturnsFromWhatItDoesNotAccept() {
    int floor = 3;
    int ceiling = 40;
    for (UslCurve curve : curves()) {
      SimulatedPool pool = new SimulatedPool(curve, CALLERS, 0.2, 7);
      HillClimber climber =
          new HillClimber(TunerConfig.defaults(), floor, 10, ceiling, new Random(7));
      int base = 10;
      for (int i = 0; i < WINDOWS; i++) {
        int before = climber.size();
        Optional<TunerDecision> decision = climber.step(pool.window(before));
        assertThat(climber.size()).isBetween(floor, ceiling); // C1
        if (decision.isEmpty()) {
          assertThat(climber.size()).isEqualTo(before); // C1
          continue;
        }
        assertThat(decision.get().to()).isEqualTo(climber.size());
        switch (decision.get().reason()) {
          case ACCEPTED -> base = climber.size();
          case REJECTED, COMPARE, NO_DEMAND -> assertThat(climber.size()).isEqualTo(base); // C2
          default -> assertThat(decision.get().reason()).isEqualTo(Reason.PROBE);
        }
      }
    }
  }

  @Test
  void probesNothingWhileNobodyWaits() {
    SimulatedPool pool = new SimulatedPool(new UslCurve(0, 0.0002), 12, 0.03, 1);
    HillClimber climber = climber(TunerConfig.defaults(), 20, 1);
    for (int i = 0; i < WINDOWS; i++) {
      assertThat(climber.step(pool.window(climber.size()))).isEmpty(); // C3
    }
    assertThat(climber.size()).isEqualTo(20);
  }

  @Test
  void aProbeEndsWhenTheDemandDoes() {
    SimulatedPool pool = new SimulatedPool(new UslCurve(0, 0.0002), CALLERS, 0.01, 1);
    HillClimber climber = climber(TunerConfig.defaults(), 20, 1);
    assertThat(reason(climber, pool)).isEqualTo(Reason.PROBE);
    assertThat(climber.size()).isEqualTo(27);

    pool.callers(0);

    assertThat(reason(climber, pool)).isEqualTo(Reason.NO_DEMAND);
    assertThat(climber.size()).isEqualTo(20); // C2
    assertThat(climber.step(pool.window(20))).isEmpty(); // C3
  }

  @Test
  void shrinksToWhatIsNeededAfterFiveMinutesOfLowDemand() {
    SimulatedPool pool = new SimulatedPool(new UslCurve(0, 0.0002), 8, 0.01, 1);
    HillClimber climber = climber(TunerConfig.defaults(), 40, 1);
    int windows = (int) (Duration.ofMinutes(5).toSeconds() / SimulatedPool.SECONDS);
    for (int i = 1; i < windows; i++) {
      assertThat(climber.step(pool.window(climber.size()))).isEmpty();
    }

    assertThat(reason(climber, pool)).isEqualTo(Reason.LOW_DEMAND);
    assertThat(climber.size()).isEqualTo(10); // 8 in use at most, and a quarter to spare
  }

  @Test
  void aServerThatIsFullStopsTheGrowthForAWhile() {
    SimulatedPool pool = new SimulatedPool(new UslCurve(0, 0.0002), CALLERS, 0.01, 1);
    HillClimber climber = climber(TunerConfig.defaults(), 20, 1);
    climber.step(pool.window(20));
    assertThat(climber.size()).isEqualTo(27);
    PoolWindow refused = new PoolWindow(27, 22, 100, SimulatedPool.SECONDS, 22, 5, 1);

    assertThat(climber.step(refused).orElseThrow().reason()).isEqualTo(Reason.REFUSED);
    assertThat(climber.size()).isEqualTo(20);

    int cooling = (int) (Duration.ofMinutes(5).toSeconds() / SimulatedPool.SECONDS);
    int largest = 0;
    for (int i = 0; i < cooling; i++) {
      climber.step(pool.window(climber.size()));
      largest = Math.max(largest, climber.size());
    }
    assertThat(largest).isLessThanOrEqualTo(22);
    for (int i = 0; i < WINDOWS; i++) {
      climber.step(pool.window(climber.size()));
    }
    assertThat(climber.size()).isGreaterThan(22);
  }

  @Test
  void aHigherFloorLiftsTheSize() {
    SimulatedPool pool = new SimulatedPool(new UslCurve(0, 0.0002), 1, 0.01, 1);
    HillClimber climber = climber(TunerConfig.defaults(), 4, 1);
    climber.floor(9);

    assertThat(reason(climber, pool)).isEqualTo(Reason.BOUNDS);
    assertThat(climber.size()).isEqualTo(9);
  }

  @Test
  void aFloorCountsMoreThanAServerThatIsFull() {
    SimulatedPool pool = new SimulatedPool(new UslCurve(0, 0.0002), 1, 0.01, 1);
    HillClimber climber = climber(TunerConfig.defaults(), 20, 1);
    climber.step(new PoolWindow(20, 8, 100, SimulatedPool.SECONDS, 8, 5, 1));
    assertThat(climber.size()).isEqualTo(8);
    climber.floor(9);

    assertThat(reason(climber, pool)).isEqualTo(Reason.BOUNDS);
    assertThat(climber.size()).isEqualTo(9);
    assertThat(climber.step(pool.window(9))).isEmpty();
  }

  @Test
  void aHigherFloorEndsAProbeBelowIt() {
    SimulatedPool pool = new SimulatedPool(new UslCurve(0.2, 0.01), CALLERS, 0.01, 1);
    HillClimber climber = climber(TunerConfig.defaults(), 100, 1);
    while (climber.size() >= 100) {
      climber.step(pool.window(climber.size()));
    }
    climber.floor(100);

    assertThat(reason(climber, pool)).isEqualTo(Reason.BOUNDS);
    assertThat(climber.size()).isEqualTo(100); // C1
  }

  @Test
  void aDryRunDecidesAndChangesNothing() {
    SimulatedPool pool = new SimulatedPool(new UslCurve(0.05, 0.002), CALLERS, 0.03, 1);
    HillClimber climber = climber(TunerConfig.builder().dryRun(true).build(), 100, 1);
    List<TunerDecision> decisions = new ArrayList<>();
    for (int i = 0; i < WINDOWS; i++) {
      climber.step(pool.window(climber.size())).ifPresent(decisions::add);
      assertThat(climber.size()).isEqualTo(100);
    }
    assertThat(decisions).isNotEmpty().noneMatch(TunerDecision::applied);
    assertThat(decisions).allMatch(decision -> decision.from() == 100);
    assertThat(decisions).anyMatch(decision -> decision.to() < 100);
  }

  @Test
  void aDryRunTellsOfAServerThatIsFullAndOfLowDemandAndChangesNothing() {
    SimulatedPool pool = new SimulatedPool(new UslCurve(0, 0.0002), 8, 0.01, 1);
    HillClimber climber = climber(TunerConfig.builder().dryRun(true).build(), 40, 1);
    PoolWindow refused = new PoolWindow(40, 22, 100, SimulatedPool.SECONDS, 22, 5, 1);
    assertThat(climber.step(refused).orElseThrow().reason()).isEqualTo(Reason.REFUSED);
    assertThat(climber.size()).isEqualTo(40);

    List<TunerDecision> decisions = new ArrayList<>();
    for (int i = 0; i < WINDOWS; i++) {
      climber.step(pool.window(climber.size())).ifPresent(decisions::add);
      assertThat(climber.size()).isEqualTo(40);
    }

    assertThat(decisions)
        .isNotEmpty()
        .noneMatch(TunerDecision::applied)
        .allMatch(decision -> decision.reason() == Reason.LOW_DEMAND && decision.to() == 10);
  }

  @Test
  void aDryRunFollowsThePoolToItsFloor() {
    SimulatedPool pool = new SimulatedPool(new UslCurve(0, 0.0002), 1, 0.01, 1);
    HillClimber climber = climber(TunerConfig.builder().dryRun(true).build(), 4, 1);
    climber.floor(9); // to which the pool has grown, or its callers would block each other

    assertThat(reason(climber, pool)).isEqualTo(Reason.BOUNDS);
    assertThat(climber.size()).isEqualTo(9);
    assertThat(climber.step(pool.window(9))).isEmpty();
  }

  @Test
  void holdsStillAfterBothDirectionsWereRejected() {
    UslCurve curve = new UslCurve(0, 0.002);
    SimulatedPool pool = new SimulatedPool(curve, CALLERS, 0.01, 1);
    HillClimber climber = climber(TunerConfig.defaults(), curve.best(CEILING), 1);
    int quiet = 0;
    for (int i = 0; i < WINDOWS; i++) {
      quiet += climber.step(pool.window(climber.size())).isEmpty() ? 1 : 0;
    }
    assertThat(quiet).isGreaterThan(WINDOWS / 2);
  }

  private static HillClimber climber(TunerConfig config, int start, long seed) {
    return new HillClimber(config, 1, start, CEILING, new Random(seed));
  }

  private static Reason reason(HillClimber climber, SimulatedPool pool) {
    return climber.step(pool.window(climber.size())).orElseThrow().reason();
  }

  private static double worst(IntUnaryOperator rule) {
    double worst = 1;
    for (UslCurve curve : curves()) {
      SimulatedPool pool = new SimulatedPool(curve, CALLERS, 0, 1);
      worst = Math.min(worst, pool.tailOf(rule, 20, WINDOWS, TAIL, CEILING));
    }
    return worst;
  }

  private static List<UslCurve> curves() {
    List<UslCurve> curves = new ArrayList<>();
    for (double sigma : SIGMAS) {
      for (double kappa : KAPPAS) {
        curves.add(new UslCurve(sigma, kappa));
      }
    }
    return curves;
  }
}
