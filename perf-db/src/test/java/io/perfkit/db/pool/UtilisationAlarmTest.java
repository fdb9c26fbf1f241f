package io.perfkit.db.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

final class UtilisationAlarmTest {
  private final UtilisationAlarm alarm =
      new UtilisationAlarm(new UtilisationRule(0.8, 0.7, Duration.ofSeconds(1), 3, 5));

  @Test
  void isRaisedByThreeBusyWindowsOfFive() {
    assertThat(changes(0.8, 0.2, 0.9, 0.2)).isZero();
    assertThat(changes(0.8)).isEqualTo(1);
    assertThat(alarm.raised()).isTrue();
  }

  @Test
  void forgetsABusyWindowAfterFive() {
    assertThat(changes(0.9, 0.9, 0.1, 0.1, 0.1, 0.9)).isZero();
    assertThat(alarm.raised()).isFalse();
  }

  @Test
  void staysAsItIsBetweenTheTwoBounds() {
    assertThat(changes(0.9, 0.9, 0.9)).isEqualTo(1);
    assertThat(changes(0.79, 0.71, 0.75, 0.79, 0.71, 0.75)).isZero();
    assertThat(alarm.raised()).isTrue();
    assertThat(changes(0.7, 0.7, 0.7)).isEqualTo(1);
    assertThat(alarm.raised()).isFalse();
  }

  @Test
  void isNotClearedByOneCalmWindowAmongBusyOnes() {
    assertThat(changes(0.9, 0.9, 0.9)).isEqualTo(1);
    assertThat(changes(0.5, 0.9, 0.5, 0.9, 0.9, 0.9, 0.9)).isZero();
  }

  @Test
  void countsOverSixtyFourWindows() {
    UtilisationAlarm wide =
        new UtilisationAlarm(new UtilisationRule(0.8, 0.7, Duration.ofSeconds(1), 64, 64));

    for (int i = 1; i < 64; i++) {
      assertThat(wide.offer(1)).isFalse();
    }
    assertThat(wide.offer(1)).isTrue();
  }

  private long changes(double... utilisations) {
    return DoubleStream.of(utilisations).filter(alarm::offer).count();
  }
}
