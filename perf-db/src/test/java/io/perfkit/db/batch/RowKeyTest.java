package io.perfkit.db.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class RowKeyTest {
  private static final ColumnType TIMESTAMPTZ =
      ColumnType.of(Encoding.INSTANT, "timestamptz", ColumnType.Comparison.EXACT);

  private static RowKey key(Object... parts) {
    return new RowKey(parts);
  }

  @Test
  void isOrderedByItsColumnsInTheirOrder() {
    assertThat(Stream.of(key(2L, "a"), key(1L, "b"), key(1L, "a")).sorted())
        .containsExactly(key(1L, "a"), key(1L, "b"), key(2L, "a"));
  }

  @Test
  void valuesOfSeveralClassesStandInNoCircle() {
    List<RowKey> keys = List.of(key(9L), key(10L), key("1x"), key("95"), key("9"));
    for (RowKey a : keys) {
      for (RowKey b : keys) {
        for (RowKey c : keys) {
          if (a.compareTo(b) < 0 && b.compareTo(c) < 0) {
            assertThat(a).isLessThan(c);
          }
        }
      }
    }
  }

  @Test
  void aPointInTimeIsOneKeyInEveryZone() {
    assertThat(TIMESTAMPTZ.encode(OffsetDateTime.parse("2026-01-01T12:00:00+02:00")))
        .isEqualTo(TIMESTAMPTZ.encode(Instant.parse("2026-01-01T10:00:00Z")));
  }
}
