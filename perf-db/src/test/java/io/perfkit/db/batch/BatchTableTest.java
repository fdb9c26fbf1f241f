package io.perfkit.db.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.Test;

final class BatchTableTest {
  record Placed(long betId, Instant placedAt) {}

  @Test
  void namesColumnsAfterTheComponentsOfARecord() {
    BatchTable<Placed> table = BatchTable.of("bets", Placed.class, "bet_id");

    assertThat(table.toString()).isEqualTo("BatchTable[bets, [bet_id, placed_at]]");
    assertThat(table.columns()).extracting(BatchTable.Column::key).containsExactly(true, false);
    assertThat(table.columns().get(0).value().apply(new Placed(7, Instant.EPOCH))).isEqualTo(7L);
  }

  @Test
  void saysWhatIsWrong() {
    assertThatThrownBy(() -> BatchTable.of("bets", Placed.class, "id"))
        .hasMessage("key: id (expected: one of [bet_id, placed_at])");
    assertThatThrownBy(() -> BatchTable.<Placed>named(" "))
        .hasMessage("table: ' ' (expected: a name)");
    assertThatThrownBy(() -> BatchTable.<Placed>named("bets").build())
        .hasMessage("columns: none (expected: at least one)");
    assertThatThrownBy(
            () ->
                BatchTable.<Placed>named("bets")
                    .key("id", Placed::betId)
                    .column("id", Placed::betId)
                    .build())
        .hasMessage("columns: [id, id] (expected: each once)");
  }
}
