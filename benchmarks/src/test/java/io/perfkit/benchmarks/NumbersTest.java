package io.perfkit.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class NumbersTest {

  @Test
  void showsFourDigitsWithoutAnExponent() {
    assertThat(Numbers.text(12.3456)).isEqualTo("12.35");
    assertThat(Numbers.text(357_123.4)).isEqualTo("357100");
    assertThat(Numbers.text(12_345_678_901.0)).isEqualTo("12350000000");
    assertThat(Numbers.text(0.0000123456)).isEqualTo("0.00001235");
  }

  @Test
  void showsWholeNumbersAsSuch() {
    assertThat(Numbers.text(0)).isEqualTo("0");
    assertThat(Numbers.text(-0.0)).isEqualTo("0");
    assertThat(Numbers.text(6)).isEqualTo("6");
    assertThat(Numbers.text(-2.5)).isEqualTo("-2.5");
  }

  @Test
  void showsWhatIsNoNumber() {
    assertThat(Numbers.text(Double.NaN)).isEqualTo("NaN");
    assertThat(Numbers.text(Double.POSITIVE_INFINITY)).isEqualTo("Infinity");
    assertThat(Numbers.round(Double.NaN)).isNaN();
  }

  @Test
  void readsBackWhatItRounds() {
    for (double number : new double[] {1.25, 12.3456, 357_123.4, 0.0000123456, 0}) {
      assertThat(Double.parseDouble(Numbers.text(number))).isEqualTo(Numbers.round(number));
    }
  }
}
