package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.FakeClock;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class RecentInvalidationsTest {
  private final FakeClock clock = FakeClock.startingAt(Instant.EPOCH);
  private final Fence fence = new Fence(1_000);
  private final RecentInvalidations recent = new RecentInvalidations(fence, clock.nanos());

  /** Nothing is sent here. */
  @SuppressWarnings("NullAway")
  private final UnsentInvalidations unsent = new UnsentInvalidations(null, () -> 0);

  private static Address address(String key) {
    ByteBuffer bytes = ByteBuffer.wrap(key.getBytes(UTF_8));
    return new Address(key, bytes, bytes, 0, Hash.of(key));
  }

  @Test
  void whatWasToldShortlyBeforeTheLastAnswerIsToldAgain() { // R1
    recent.told(address("old"));
    recent.toldTag("old");
    clock.advance(Duration.ofSeconds(5));
    recent.told(address("k"));
    recent.toldTag("t");
    clock.advance(Duration.ofSeconds(6));
    recent.sameServerAt(clock.nanos().getAsLong());
    clock.advance(Duration.ofHours(1)); // without an answer nothing is forgotten

    assertThat(recent.tellAgain(unsent)).isEqualTo(2);
    assertThat(unsent.size()).isEqualTo(2);
    assertThat(unsent.blocks(address("k"))).isTrue();
    assertThat(recent.tellAgain(unsent)).as("once").isZero();
  }

  @Test
  void whatIsToldAgainEndsThisNodesCopies() { // R2
    int stripe = fence.stripe(Hash.of("k"));
    int epoch = fence.epoch(stripe);
    int tags = fence.tagAdvances();
    recent.told(address("k"));
    recent.toldTag("t");
    assertThat(fence.epoch(stripe)).isEqualTo(epoch);

    recent.tellAgain(unsent);
    assertThat(fence.epoch(stripe)).isGreaterThan(epoch);
    assertThat(fence.tagAdvances()).isGreaterThan(tags);
  }

  @Test
  void aKeyThatIsToldOftenIsKeptOnce() {
    for (int i = 0; i < 2 * RecentInvalidations.MAX_KEYS; i++) {
      recent.told(address("k"));
      clock.advance(Duration.ofMillis(1));
    }
    recent.sameServerAt(clock.nanos().getAsLong());
    assertThat(recent.tellAgain(unsent)).isEqualTo(1);
    assertThat(unsent.blocks(address("other"))).isFalse();
  }

  @Test
  void tooManyBecomeOneClear() {
    for (int i = 0; i <= RecentInvalidations.MAX_KEYS; i++) {
      recent.told(address("key-" + i));
    }
    assertThat(recent.tellAgain(unsent)).isEqualTo(1);
    assertThat(unsent.blocks(address("any"))).isTrue();

    for (int i = 0; i <= RecentInvalidations.MAX_TAGS; i++) {
      recent.toldTag("tag-" + i);
    }
    recent.told(address("after"));
    assertThat(recent.tellAgain(unsent)).isEqualTo(2);
    recent.toldClear();
    clock.advance(Duration.ofSeconds(11));
    recent.sameServerAt(clock.nanos().getAsLong());
    assertThat(recent.tellAgain(unsent)).isZero();
  }
}
