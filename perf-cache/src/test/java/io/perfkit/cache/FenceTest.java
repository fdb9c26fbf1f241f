package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FenceTest {
  private final Fence fence = new Fence(1_000);

  @Test
  void anAdvanceEndsOneStripe() { // F1
    int before = fence.epoch(3);
    int other = fence.epoch(4);
    fence.advance(3);

    assertThat(fence.epoch(3)).isGreaterThan(before);
    assertThat(fence.epoch(4)).isEqualTo(other);
  }

  @Test
  void anAdvanceOfAllEndsEveryStripe() { // F1
    int three = fence.epoch(3);
    fence.advance(4);
    int four = fence.epoch(4);
    fence.advanceAll();

    assertThat(fence.epoch(3)).isGreaterThan(three);
    assertThat(fence.epoch(4)).isGreaterThan(four);
  }

  @Test
  void tellsWhetherAnythingCameBetween() {
    int epoch = fence.epoch(3);
    assertThat(fence.advanceFrom(3, epoch)).isTrue();
    assertThat(fence.epoch(3)).isEqualTo(epoch + 1);

    assertThat(fence.advanceFrom(3, epoch)).as("one advance came between").isFalse();
    assertThat(fence.epoch(3)).as("and it advances all the same").isEqualTo(epoch + 2);

    int later = fence.epoch(3);
    fence.advanceAll();
    assertThat(fence.advanceFrom(3, later)).isFalse();
  }

  @Test
  void everyAdvanceMoves() { // F4
    List<Runnable> advances =
        List.of(
            () -> fence.advance(3),
            () -> fence.advanceTag(3),
            () -> fence.advanceFrom(3, fence.epoch(3)),
            fence::advanceAll);
    for (Runnable advance : advances) {
      int moves = fence.moves();
      advance.run();
      assertThat(fence.moves()).isNotEqualTo(moves);
    }
  }

  @Test
  void spreadsAnyHashOverAPowerOfTwo() {
    for (long entries : new long[] {1, 16, 1_000, 100_000, Long.MAX_VALUE / 8}) {
      Fence sized = new Fence(entries);
      BitSet stripes = new BitSet();
      for (int hash : new int[] {0, 1, -1, Integer.MIN_VALUE, Integer.MAX_VALUE, 12_345}) {
        stripes.set(sized.stripe(hash));
        assertThat(sized.epoch(sized.stripe(hash))).isZero();
      }
      assertThat(stripes.cardinality()).isGreaterThan(2);
    }
  }
}
