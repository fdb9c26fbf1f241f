package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.TIME;
import static io.perfkit.benchmarks.Target.atMost;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class FigureTest {

  @Test
  void refusesWhatWouldBreakTheLine() {
    assertThatThrownBy(() -> Figure.ratio("L1 hit", TIME, "ours", "peer", atMost(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("name: L1 hit (expected: words-with-dashes)");
    assertThatThrownBy(() -> Figure.ratio("hit", TIME, "ours", "a peer", atMost(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("peer: a peer (expected: a name without blanks and colons)");
    assertThatThrownBy(() -> Figure.ratio("hit", TIME, "a:b", "peer", atMost(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("ours: a:b (expected: a name without blanks and colons)");
  }

  @Test
  void comparesInOneOfFourWays() {
    assertThat(Comparison.RATIO.of(10, 8)).isEqualTo(1.25);
    assertThat(Comparison.SPEEDUP.of(10, 80)).isEqualTo(8);
    assertThat(Comparison.EXCESS.of(10, 8)).isEqualTo(2);
    assertThat(Comparison.LIMIT.of(10, 8)).isEqualTo(10);
  }
}
