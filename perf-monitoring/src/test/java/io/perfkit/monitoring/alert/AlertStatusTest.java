package io.perfkit.monitoring.alert;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The state machine, on times that the test chooses. */
final class AlertStatusTest {
  private static final long STEP = Duration.ofSeconds(15).toNanos();

  private static AlertTimes times(int holds, int keep, NoData noData) {
    return new AlertTimes(holds * STEP, keep * STEP, noData, 20 * STEP, 4, 120 * STEP);
  }

  private static List<AlertStatus> run(AlertTimes times, List<Verdict> verdicts) {
    List<AlertStatus> states = new ArrayList<>();
    AlertStatus status = AlertStatus.inactive(0);
    for (int i = 0; i < verdicts.size(); i++) {
      status = status.after(verdicts.get(i), i * STEP, times);
      states.add(status);
      status = status.asTold();
    }
    return states;
  }

  private static List<Verdict> verdicts(String letters) {
    List<Verdict> all = new ArrayList<>();
    for (int i = 0; i < letters.length(); i++) {
      all.add(
          switch (letters.charAt(i)) {
            case 'B' -> Verdict.BREACH;
            case 'b' -> Verdict.BETWEEN;
            case 'c' -> Verdict.CLEAR;
            default -> Verdict.NO_DATA;
          });
    }
    return all;
  }

  private static String states(AlertTimes times, String letters) {
    StringBuilder text = new StringBuilder();
    run(times, verdicts(letters)).forEach(each -> text.append(each.state().name().charAt(0)));
    return text.toString().replace("I", ".");
  }

  @Test
  void firesOnlyAfterItsTimeAndResolvesOnlyAfterItsKeepTime() { // A1, A2
    assertThat(states(times(2, 2, NoData.HOLD), "cBBBcccc")).isEqualTo(".PPFFF..");
    assertThat(states(times(2, 2, NoData.HOLD), "cBBbBBBc")).isEqualTo(".PP.PPFF");
    assertThat(states(times(2, 2, NoData.HOLD), "BBBcbccc")).isEqualTo("PPFFFFF.");
    assertThat(states(times(0, 0, NoData.HOLD), "cBbc")).isEqualTo(".FF.");
  }

  @Test
  void holdsWithoutDataAndResolvesInTheEnd() {
    assertThat(states(times(1, 0, NoData.HOLD), "BB" + "-".repeat(22)))
        .isEqualTo("PF" + "F".repeat(19) + "...");
    assertThat(states(times(1, 0, NoData.HOLD), "B--B")).isEqualTo("PPPF");
    assertThat(states(times(1, 0, NoData.OK), "BB-")).isEqualTo("PF.");
    assertThat(states(times(1, 0, NoData.ALERT), "---")).isEqualTo("PFF");
    assertThat(states(times(1, 0, NoData.HOLD), "-----")).isEqualTo(".....");
  }

  @Test
  void flappingIsToldOnceAndEndsWhenItIsQuiet() { // A4
    String quiet = "c".repeat(125);
    List<AlertStatus> states = run(times(0, 0, NoData.HOLD), verdicts("Bc".repeat(50) + quiet));
    List<AlertState> told = told(states);
    assertThat(told)
        .containsExactly(
            AlertState.FIRING,
            AlertState.INACTIVE,
            AlertState.FIRING,
            AlertState.INACTIVE,
            AlertState.FLAPPING,
            AlertState.INACTIVE);
  }

  private static List<AlertState> told(List<AlertStatus> states) {
    return states.stream()
        .filter(each -> each.toTell() != each.told())
        .map(AlertStatus::toTell)
        .toList();
  }

  @Test
  void anHourOfNoiseAroundAThresholdIsAtMostTwoNotifications() {
    Random random = new Random(7);
    Condition condition = AlertRule.parse("a > 500").conditions().get(0);
    for (int holds : new int[] {0, 4}) {
      for (int round = 0; round < 100; round++) {
        List<Verdict> noise = new ArrayList<>();
        for (int i = 0; i < 240; i++) {
          noise.add(condition.verdict(500 + 10 * random.nextGaussian()));
        }
        assertThat(told(run(times(holds, 2, NoData.HOLD), noise))).hasSizeLessThanOrEqualTo(2);
      }
    }
  }

  @Test
  void agreesWithAModelOnRandomSeries() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 1_000; round++) {
      int holds = random.nextInt(5);
      int keep = random.nextInt(5);
      NoData noData = any(random, NoData.values());
      List<Verdict> verdicts = new ArrayList<>();
      Verdict last = Verdict.CLEAR;
      for (int i = 0; i < 200; i++) {
        last = random.nextInt(3) == 0 ? any(random, Verdict.values()) : last;
        verdicts.add(last);
      }
      List<AlertState> phases =
          run(times(holds, keep, noData), verdicts).stream().map(AlertStatus::phase).toList();
      assertThat(phases)
          .as("seed %d, round %d", seed, round)
          .isEqualTo(Model.phases(verdicts, holds, keep, noData));
    }
  }

  private static <E> E any(Random random, E[] values) {
    return values[random.nextInt(values.length)];
  }

  /** The same by looking back over the whole series at each step, without a state machine. */
  private static final class Model {
    static List<AlertState> phases(List<Verdict> verdicts, int holds, int keep, NoData noData) {
      List<Verdict> meant = meant(verdicts, noData);
      List<AlertState> phases = new ArrayList<>();
      boolean firing = false;
      int changed = -1;
      for (int i = 0; i < meant.size(); i++) {
        int breached = runEndingAt(meant, i, changed, Verdict.BREACH);
        int cleared = runEndingAt(meant, i, changed, Verdict.CLEAR);
        if (!firing && meant.get(i) == Verdict.BREACH && breached > holds) {
          firing = true;
          changed = i;
        } else if (firing && meant.get(i) == Verdict.CLEAR && cleared > keep) {
          firing = false;
          changed = i;
          breached = 0;
        }
        phases.add(
            firing ? AlertState.FIRING : breached > 0 ? AlertState.PENDING : AlertState.INACTIVE);
      }
      return phases;
    }

    /** Steps, back to the last change, of which each is the verdict or leaves all as it is. */
    private static int runEndingAt(List<Verdict> meant, int end, int changed, Verdict of) {
      int first = -1;
      for (int i = end; i > changed; i--) {
        if (meant.get(i) == of) {
          first = i;
        } else if (meant.get(i) != Verdict.NO_DATA) {
          break;
        }
      }
      return first < 0 ? 0 : end - first + 1;
    }

    private static List<Verdict> meant(List<Verdict> verdicts, NoData noData) {
      List<Verdict> meant = new ArrayList<>();
      int dataAt = 0;
      for (int i = 0; i < verdicts.size(); i++) {
        Verdict verdict = verdicts.get(i);
        dataAt = verdict == Verdict.NO_DATA ? dataAt : i;
        if (verdict == Verdict.NO_DATA) {
          verdict =
              switch (noData) {
                case OK -> Verdict.CLEAR;
                case ALERT -> Verdict.BREACH;
                case HOLD -> i - dataAt >= 20 ? Verdict.CLEAR : Verdict.NO_DATA;
              };
        }
        meant.add(verdict);
      }
      return meant;
    }
  }

  @Test
  void noStateIsToldTwiceAndNoSeriesTellsMuch() { // A3, A4
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      List<Verdict> verdicts = new ArrayList<>();
      for (int i = 0; i < 480; i++) {
        verdicts.add(any(random, Verdict.values()));
      }
      List<AlertStatus> states = run(times(0, 0, NoData.HOLD), verdicts);
      List<Integer> at = new ArrayList<>();
      AlertState before = AlertState.INACTIVE;
      for (int i = 0; i < states.size(); i++) {
        if (states.get(i).toTell() != states.get(i).told()) {
          assertThat(states.get(i).toTell()).isNotIn(before, AlertState.PENDING);
          before = states.get(i).toTell();
          at.add(i);
        }
      }
      for (int from : at) {
        assertThat(at.stream().filter(each -> each >= from && each < from + 120).count())
            .as("seed %d", seed)
            .isLessThanOrEqualTo(6);
      }
    }
  }
}
