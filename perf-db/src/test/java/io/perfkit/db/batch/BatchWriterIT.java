package io.perfkit.db.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

@RealPostgres
final class BatchWriterIT extends BatchWriterContract {
  private final DataSource dataSource;

  BatchWriterIT(TestDatabase database) {
    dataSource = database.dataSource();
  }

  @Override
  DataSource dataSource() {
    return dataSource;
  }

  @Test
  void theRowThatIsThereStaysWhereConflictsAreIgnored() throws SQLException {
    Bet.execute(dataSource, "INSERT INTO bets VALUES (5, 'there', 1)");
    List<Rejection<Bet>> rejections = new ArrayList<>();
    try (BatchWriter<Bet> writer =
        BatchWriter.builder(dataSource, Bet.TABLE, rejections::add)
            .config(BatchConfig.builder().onConflict(OnConflict.IGNORE).build())
            .build()) {
      writer.add(Bet.of(5, "late"));
      writer.add(Bet.of(6, "first"));
      writer.add(Bet.of(6, "second"));
      assertThat(writer.close(Duration.ofSeconds(20)).rows())
          .isEqualTo(new RowCounts(3, 3, 0, 0, 0));
    }
    assertThat(Bet.inTable(dataSource))
        .containsExactlyInAnyOrderEntriesOf(Map.of(5L, "there", 6L, "first"));
    assertThat(rejections).isEmpty();
  }

  @Override
  String lockStatement() {
    return "LOCK TABLE bets IN EXCLUSIVE MODE";
  }
}
