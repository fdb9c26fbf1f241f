package io.perfkit.db.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class BatchConfigTest {
  @Test
  void takesBoundaries() {
    BatchConfig least =
        BatchConfig.builder()
            .flushRows(1)
            .flushBytes(1)
            .flushInterval(Duration.ofMillis(1))
            .maxChunkRows(1)
            .maxBufferRows(1)
            .maxBufferBytes(1)
            .workers(1)
            .blockFor(Duration.ZERO)
            .writeTimeout(Duration.ofSeconds(1))
            .retryFor(Duration.ZERO)
            .maxRetryPause(Duration.ofMillis(1))
            .closeWithin(Duration.ZERO)
            .build();
    assertThat(least.maxBufferRows()).isEqualTo(1);
    assertThat(BatchConfig.builder().workers(64).build().workers()).isEqualTo(64);
  }

  @Test
  void saysWhatIsWrong() {
    assertRefused(BatchConfig.builder().flushRows(0), "flushRows: 0 (expected: 1 to 10000)");
    assertRefused(
        BatchConfig.builder().flushRows(20_000), "flushRows: 20000 (expected: 1 to 10000)");
    assertRefused(BatchConfig.builder().maxBufferRows(999), "flushRows: 1000 (expected: 1 to 999)");
    assertRefused(
        BatchConfig.builder().maxBufferRows(0), "maxBufferRows: 0 (expected: 1 to 10000000)");
    assertRefused(
        BatchConfig.builder().maxBufferBytes(10), "flushBytes: 4194304 (expected: 1 to 10)");
    assertRefused(
        BatchConfig.builder().maxChunkRows(100_001),
        "maxChunkRows: 100001 (expected: 1 to 100000)");
    assertRefused(BatchConfig.builder().workers(65), "workers: 65 (expected: 1 to 64)");
    assertRefused(
        BatchConfig.builder().flushInterval(Duration.ZERO),
        "flushInterval: PT0S (expected: PT0.001S to PT24H)");
    assertRefused(
        BatchConfig.builder().writeTimeout(Duration.ofMillis(1_500)),
        "writeTimeout: PT1.5S (expected: whole seconds)");
    assertRefused(
        BatchConfig.builder().retryFor(Duration.ofDays(2)),
        "retryFor: PT48H (expected: PT0S to PT24H)");
    assertThatThrownBy(() -> BatchConfig.builder().onFull(null).build())
        .isInstanceOf(NullPointerException.class)
        .hasMessage("onFull");
  }

  private static void assertRefused(BatchConfig.Builder builder, String message) {
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void othersAreDerivedFromOne() {
    BatchConfig config = BatchConfig.builder().onConflict(OnConflict.IGNORE).workers(7).build();
    assertThat(config.toBuilder().build()).isEqualTo(config);
  }
}
