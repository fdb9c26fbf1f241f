package io.perfkit.cache.behind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.cache.Write;
import io.perfkit.cache.behind.WriteBuffer.Pending;
import io.perfkit.testing.FakeClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class WriteBufferTest {
  private final FakeClock clock = FakeClock.startingAt(Instant.EPOCH);
  private final WriteBehindConfig config =
      WriteBehindConfig.builder()
          .maxEntries(8)
          .maxBatch(4)
          .delay(Duration.ofSeconds(1))
          .maxAttempts(2)
          .backoff(Duration.ofSeconds(1), Duration.ofSeconds(4))
          .build();
  private final WriteBuffer<String, String> buffer = new WriteBuffer<>(config, clock.nanos());

  private void offer(String... keys) throws InterruptedException {
    for (String key : keys) {
      assertThat(buffer.offer(Write.put(key, key + "!"))).isTrue();
    }
  }

  /** The next batch; there must be one, or this would wait for ever. */
  private List<Pending<String, String>> due() {
    clock.advance(Duration.ofSeconds(10));
    return buffer.take();
  }

  private static String keys(List<Pending<String, String>> batch) {
    return String.join(" ", batch.stream().map(pending -> pending.write.key()).toList());
  }

  @Test
  void aFullBatchIsDueAtOnceAndARestAfterTheDelay() throws Exception {
    offer("a", "b", "c", "d", "e");
    assertThat(keys(buffer.take())).isEqualTo("a b c d");
    clock.advance(Duration.ofSeconds(1));
    assertThat(keys(buffer.take())).isEqualTo("e");
  }

  @Test
  void aLaterWriteTakesThePlaceOfTheOneThatWaits() throws Exception { // B1
    offer("a", "b");
    buffer.offer(Write.remove("a"));
    assertThat(buffer.latest("a")).isEqualTo(Write.remove("a"));

    List<Pending<String, String>> batch = due();
    assertThat(keys(batch)).isEqualTo("a b");
    assertThat(batch.get(0).write.isRemoval()).isTrue();
    assertThat(buffer.stats().merged()).isEqualTo(1);
  }

  @Test
  void theWritesOfAKeyAreNeverUnderWayTogether() throws Exception { // B1
    offer("a");
    List<Pending<String, String>> first = due();
    buffer.offer(Write.put("a", "later"));
    offer("b");
    List<Pending<String, String>> second = due();
    assertThat(keys(second)).isEqualTo("b");
    assertThat(buffer.latest("a")).isEqualTo(Write.put("a", "later"));

    buffer.written(first);
    assertThat(buffer.latest("a")).as("still to be written").isEqualTo(Write.put("a", "later"));
    assertThat(keys(due())).isEqualTo("a");
  }

  @Test
  void aWriteThatFailsGivesWayToALaterOne() throws Exception { // B1
    offer("a");
    List<Pending<String, String>> first = due();
    buffer.offer(Write.put("a", "later"));
    assertThat(buffer.failed(first)).isEmpty();

    assertThat(due().get(0).write.value()).isEqualTo("later");
    assertThat(buffer.stats().merged()).isEqualTo(1);
    assertThat(buffer.stats().retries()).isZero();
  }

  @Test
  void whatFailsTogetherIsTriedAgainInHalvesUntilItIsAlone() throws Exception {
    offer("a", "b", "c", "d");
    assertThat(buffer.failed(buffer.take())).isEmpty();

    List<Pending<String, String>> half = due();
    assertThat(keys(half)).isEqualTo("a b");
    assertThat(buffer.failed(half)).as("tried often enough, but not alone").isEmpty();
    List<Pending<String, String>> other = due();
    assertThat(keys(other)).isEqualTo("c d");
    buffer.written(other);

    List<Pending<String, String>> alone = due();
    assertThat(keys(alone)).isEqualTo("a");
    assertThat(buffer.failed(alone)).containsExactly(Write.put("a", "a!"));
    assertThat(buffer.latest("a")).isNull();
    List<Pending<String, String>> last = due();
    assertThat(keys(last)).isEqualTo("b");
    buffer.written(last);

    WriteBehindStats stats = buffer.stats();
    assertThat(stats.written()).isEqualTo(3);
    assertThat(stats.failed()).isEqualTo(1);
    assertThat(stats.waiting()).isZero();
  }

  @Test
  void retriesAndFreshWritesTakeTurns() throws Exception {
    offer("a", "b", "c", "d");
    buffer.failed(buffer.take());
    offer("e", "f", "g", "h");
    clock.advance(Duration.ofSeconds(10));
    List<String> batches = List.of(keys(buffer.take()), keys(buffer.take()), keys(buffer.take()));
    assertThat(batches).containsExactlyInAnyOrder("a b", "c d", "e f g h");
    assertThat(batches.indexOf("e f g h")).as("not last").isLessThan(2);
  }

  @Test
  void noRoomMakesTheKeyTheCallers() throws Exception { // B3
    offer("a", "b", "c", "d", "e", "f", "g", "h");
    assertThat(buffer.offer(Write.put("i", "v"))).isFalse();
    assertThat(buffer.offer(Write.put("a", "merged"))).as("needs no room").isTrue();
    assertThat(buffer.latest("i")).as("not accepted").isNull();
    buffer.directDone("i", true);

    WriteBehindStats stats = buffer.stats();
    assertThat(stats.waiting()).isEqualTo(8);
    assertThat(stats.overflowed()).isEqualTo(1);
    assertThat(stats.accepted()).isEqualTo(10);
  }

  @Test
  void takeBackCountsOnceAndLeavesNothing() throws Exception { // B2
    offer("a", "b", "c", "d", "e");
    List<Pending<String, String>> hanging = buffer.take();
    buffer.offer(Write.put("a", "later"));
    List<Write<String, String>> back = buffer.close(Duration.ZERO);

    assertThat(back).hasSize(6);
    assertThat(back.indexOf(Write.put("a", "a!")))
        .isLessThan(back.indexOf(Write.put("a", "later")));
    buffer.written(hanging); // after all
    assertThat(buffer.failed(hanging)).isEmpty();
    WriteBehindStats stats = buffer.stats();
    assertThat(stats).isEqualTo(new WriteBehindStats(6, 0, 0, 0, 0, 0, 6, 0));
    assertThat(buffer.latest("a")).isNull();
    assertThat(buffer.take()).as("the end").isEmpty();
    assertThatThrownBy(() -> buffer.offer(Write.put("z", "v")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("closed");
  }

  @Test
  void pausesDoubleUpToTheLongest() {
    assertThat(config.backoff(1)).isEqualTo(Duration.ofSeconds(1));
    assertThat(config.backoff(2)).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.backoff(3)).isEqualTo(Duration.ofSeconds(4));
    assertThat(config.backoff(1_000)).isEqualTo(Duration.ofSeconds(4));
  }

  @Test
  void refusesSettingsThatCannotBe() {
    assertThatThrownBy(() -> WriteBehindConfig.builder().maxEntries(10).maxBatch(11).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxBatch: 11 (expected: <= maxEntries 10)");
    assertThatThrownBy(() -> WriteBehindConfig.builder().maxAttempts(0).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxAttempts: 0 (expected: 1 to 16777216)");
    assertThatThrownBy(() -> WriteBehindConfig.builder().delay(Duration.ZERO).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("delay: PT0S (expected: 1 ms to 1 day)");
    assertThatThrownBy(
            () ->
                WriteBehindConfig.builder()
                    .backoff(Duration.ofSeconds(2), Duration.ofSeconds(1))
                    .build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("minBackoff: PT2S (expected: <= maxBackoff PT1S)");
  }
}
