package io.perfkit.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class TargetTest {

  @Test
  void includesItsBound() {
    assertThat(Target.atMost(1.25).isMetBy(1.25)).isTrue();
    assertThat(Target.atMost(1.25).isMetBy(Math.nextUp(1.25))).isFalse();
    assertThat(Target.atLeast(6).isMetBy(6)).isTrue();
    assertThat(Target.atLeast(6).isMetBy(Math.nextDown(6.0))).isFalse();
    assertThat(Target.atMost(0).isMetBy(0)).isTrue();
    assertThat(Target.atMost(0).isMetBy(Double.MIN_VALUE)).isFalse();
  }

  @Test
  void isNeverMetByWhatIsNoNumber() {
    double[] numbers = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
    for (double number : numbers) {
      assertThat(Target.atMost(1).isMetBy(number)).isFalse();
      assertThat(Target.atLeast(1).isMetBy(number)).isFalse();
    }
  }

  @Test
  void readsAsInTheReport() {
    assertThat(Target.atMost(1.25)).hasToString("<=1.25");
    assertThat(Target.atLeast(6)).hasToString(">=6");
  }

  @Test
  void refusesABoundThatNothingCanMeet() {
    assertThatThrownBy(() -> Target.atMost(Double.NaN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("bound: NaN (expected: a finite number)");
  }
}
