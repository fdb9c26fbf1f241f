package io.perfkit.db.batch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ChunkSizeTest {
  private final ChunkSize size = new ChunkSize(100, 1_000);

  @Test
  void doublesWhileARowGetsCheaper() {
    written(100, 100_000);
    assertThat(size.rows()).isEqualTo(200);
    written(200, 150_000);
    assertThat(size.rows()).isEqualTo(400);
    written(400, 300_000);
    assertThat(size.rows()).as("no cheaper").isEqualTo(400);
    written(400, 250_000);
    assertThat(size.rows()).as("cheaper after all").isEqualTo(800);
  }

  @Test
  void oneTransactionThatWasLuckyDoesNotKeepItSmall() {
    size.written(100, 100_000);
    size.written(100, 100); // what the next size is compared with must not be this
    size.written(100, 100_000);
    assertThat(size.rows()).isEqualTo(200);
    written(200, 150_000);
    assertThat(size.rows()).isEqualTo(400);
  }

  @Test
  void oneTransactionThatWasSlowDoesNotKeepItSmall() {
    written(100, 100_000);
    size.written(200, 150_000);
    size.written(200, ChunkSize.TARGET_NANOS);
    size.written(200, 150_000);
    assertThat(size.rows()).isEqualTo(400);
  }

  @Test
  void keepsItsBoundsAndTheTargetTime() {
    for (int i = 1; i < 20; i++) {
      written(size.rows(), 1_000_000L / i);
    }
    assertThat(size.rows()).isEqualTo(1_000);
    size.written(1_000, 2 * ChunkSize.TARGET_NANOS + 1);
    assertThat(size.rows()).isEqualTo(500);
    written(500, ChunkSize.TARGET_NANOS);
    assertThat(size.rows()).isEqualTo(500);
    for (int i = 0; i < 10; i++) {
      size.tooMany();
    }
    assertThat(size.rows()).isEqualTo(100);
  }

  @Test
  void learnsNothingFromAChunkThatIsNotFull() {
    written(99, 1);
    assertThat(size.rows()).isEqualTo(100);
  }

  /** Often enough to count. */
  private void written(int count, long nanos) {
    for (int i = 0; i < 3; i++) {
      size.written(count, nanos);
    }
  }
}
