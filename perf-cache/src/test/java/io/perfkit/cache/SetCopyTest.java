package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a copy knows of ends by the server's clock. */
final class SetCopyTest {
  private static final long MILLI = 1_000_000;

  /** The server read 5,000 ms at some moment between 100 ms and 103 ms here. */
  private static SetCopy<String> copy(Map<String, Long> ends) {
    return new SetCopy<>(ends, 5_000, 100 * MILLI, 103 * MILLI);
  }

  @Test
  void isSureUpToTheRoundTripAroundAnEnd() {
    SetCopy<String> copy = copy(Map.of());
    // 10 ms after the question the server reads from 5,006 (7 ms after the answer) to 5,011.
    assertThat(copy.lives(5_012, 110 * MILLI)).isTrue();
    assertThat(copy.lives(5_011, 110 * MILLI)).isNull();
    assertThat(copy.lives(5_007, 110 * MILLI)).isNull();
    assertThat(copy.lives(5_006, 110 * MILLI)).isFalse();
  }

  @Test
  void isLessSureTheOlderItIs() {
    SetCopy<String> copy = copy(Map.of());
    long later = 103 * MILLI + 100_000 * MILLI; // clocks may be 100 ms apart by then
    assertThat(copy.lives(5_000 + 100_000 + 105, later)).isTrue();
    assertThat(copy.lives(5_000 + 100_000 + 103, later)).isNull();
    assertThat(copy.lives(5_000 + 100_000 - 99, later)).isNull();
    assertThat(copy.lives(5_000 + 100_000 - 100, later)).isFalse();
  }

  @Test
  void anEndIsExclusive() {
    SetCopy<String> exact = new SetCopy<>(Map.of(), 5_000, 0, 0);
    assertThat(exact.lives(5_000, 0)).as("what ends now has ended").isFalse();
    assertThat(exact.lives(5_001, 0)).as("the server may be 0.999 ms further").isNull();
    assertThat(exact.lives(5_002, 0)).isTrue();
  }

  @Test
  void tellsTheLivingUnlessItIsUnsureOfOne() {
    SetCopy<String> copy = copy(Map.of("a", 5_500L, "b", 6_000L));
    assertThat(copy.living(110 * MILLI)).isEqualTo(Set.of("a", "b"));
    assertThat(copy.living(601 * MILLI)).as("a may have ended").isNull();
    assertThat(copy.living(700 * MILLI)).isEqualTo(Set.of("b"));
  }
}
