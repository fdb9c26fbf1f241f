package io.perfkit.db.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class HistogramTest {
  @Test
  void percentilesAreAtMostThreePercentOff() {
    Random random = new Random(7);
    long[] times = new long[20_000];
    Histogram histogram = new Histogram();
    for (int i = 0; i < times.length; i++) {
      times[i] = (long) Math.exp(random.nextDouble() * 24 + 5); // 150 ns to 65 min
      histogram.record(times[i]);
    }
    Arrays.sort(times);
    for (double share : new double[] {0.01, 0.5, 0.9, 0.99, 0.999, 1}) {
      double exact = times[(int) Math.ceil(times.length * share) - 1];
      assertThat(histogram.timings().percentile(share) / exact).isCloseTo(1, within(0.03));
    }
    double mean = Arrays.stream(times).average().orElseThrow();
    assertThat(histogram.timings().mean() / mean).isCloseTo(1, within(0.03));
  }

  @Test
  void takesEveryTime() {
    Histogram histogram = new Histogram();
    for (long nanos : new long[] {-1, 0, 1, 31, 32, 33, Long.MAX_VALUE}) {
      histogram.record(nanos);
    }
    assertThat(histogram.timings().count()).isEqualTo(7);
    assertThat(histogram.timings().percentile(0.1)).isZero();
    assertThat(histogram.timings().percentile(1)).isGreaterThan(60 * 60 * 1e9);
  }

  @Test
  void isEmptyAtFirst() {
    assertThat(new Histogram().timings().count()).isZero();
    assertThat(new Histogram().timings().percentile(0.5)).isZero();
    assertThat(new Histogram().timings().varianceOfLog()).isZero();
  }

  @Test
  void tellsWhatCameSince() {
    Histogram histogram = new Histogram();
    histogram.record(1_000);
    Timings before = histogram.timings();
    histogram.record(5);
    histogram.record(2_000_000);
    Timings since = histogram.timings().since(before);

    assertThat(since.count()).isEqualTo(2);
    assertThat(since.percentile(1)).isCloseTo(2_000_000, within(40_000.0));
  }

  @Test
  void movesEverythingToAnother() {
    Histogram from = new Histogram();
    Histogram to = new Histogram();
    to.record(7);
    from.record(7);
    from.record(9_000);
    from.drainTo(to);

    assertThat(from.timings().count()).isZero();
    assertThat(to.timings().count()).isEqualTo(3);
  }
}
