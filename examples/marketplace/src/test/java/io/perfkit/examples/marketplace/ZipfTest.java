package io.perfkit.examples.marketplace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ZipfTest {
  private static final int DRAWS = 200_000;

  private final Random random = new Random(7);

  @Test
  void drawsRankByThePowerLaw() {
    int count = 1_000;
    double[] share = shares(new Zipf(count, 1), count);
    double harmonic = 0;
    for (int rank = 1; rank <= count; rank++) {
      harmonic += 1.0 / rank;
    }
    for (int rank : new int[] {1, 2, 5, 10, 50}) {
      double expected = 1 / (rank * harmonic);
      assertThat(share[rank - 1])
          .as("share of rank %d", rank)
          .isCloseTo(expected, within(expected * 0.1));
    }
  }

  @Test
  void drawsEvenlyWithExponentZero() {
    for (double share : shares(new Zipf(10, 0), 10)) {
      assertThat(share).isCloseTo(0.1, within(0.01));
    }
  }

  @Test
  void givesEveryRankAnIdOfItsOwn() {
    Zipf even = new Zipf(100, 0);
    Set<Long> ids = new HashSet<>();
    for (int i = 0; i < 10_000; i++) {
      ids.add(even.nextId(random));
    }
    assertThat(ids).hasSize(100).allMatch(id -> id >= 1 && id <= 100);
  }

  @Test
  void refusesToDrawFromNothing() {
    assertThatThrownBy(() -> new Zipf(0, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("count: 0 (expected: >= 1)");
  }

  private double[] shares(Zipf zipf, int count) {
    double[] share = new double[count];
    for (int i = 0; i < DRAWS; i++) {
      share[zipf.next(random)] += 1.0 / DRAWS;
    }
    return share;
  }
}
