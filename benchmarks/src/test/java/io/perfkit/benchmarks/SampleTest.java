package io.perfkit.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class SampleTest {

  @Test
  void takesTheMiddleAndTheRange() {
    assertThat(Sample.of("ns/op", 9, 1, 2)).isEqualTo(new Sample("ns/op", 2, 1, 9, 3));
    assertThat(Sample.of("ns/op", 9, 1, 2, 4)).isEqualTo(new Sample("ns/op", 3, 1, 9, 4));
    assertThat(Sample.of("ns/op", 7)).isEqualTo(new Sample("ns/op", 7, 7, 7, 1));
  }

  @Test
  void isNoNumberWhenOneIterationIsNone() {
    assertThat(Sample.of("ns/op", 9, Double.NaN, 2).median()).isNaN();
    assertThat(Sample.of("ns/op").median()).isNaN();
  }
}
