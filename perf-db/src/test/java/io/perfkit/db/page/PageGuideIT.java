package io.perfkit.db.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The Java of docs/guide/paging.md, run. */
@RealPostgres
final class PageGuideIT {
  record Bet(long id, BigDecimal stake) {
    static Bet read(ResultSet row) throws SQLException {
      return new Bet(row.getLong("id"), row.getBigDecimal("stake"));
    }
  }

  private final DataSource dataSource;
  private final byte[] secret = "at least sixteen bytes".getBytes(StandardCharsets.UTF_8);
  private final long userId = 42;

  PageGuideIT(TestDatabase database) {
    dataSource = database.dataSource();
  }

  @BeforeEach
  void createTable() throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS bets");
      statement.execute(
          "CREATE TABLE bets (id bigint PRIMARY KEY, user_id bigint NOT NULL,"
              + " stake numeric NOT NULL, placed_at timestamptz NOT NULL)");
      statement.execute(
          "INSERT INTO bets SELECT n, 42, n, timestamptz '2026-01-01' + n / 10 * interval '1 h'"
              + " FROM generate_series(1, 100) AS n");
    }
  }

  @Test
  void pages() throws SQLException {
    Keyset<Bet> history =
        Keyset.of(
                "SELECT id, stake, placed_at FROM bets WHERE user_id = ?",
                Bet::read,
                secret,
                Sort.descending("id")) // tells rows of one time apart
            .orderBy(Sort.descending("placed_at"));
    try (Connection connection = dataSource.getConnection()) {
      Page<Bet> newest = history.first(connection, 20, userId);
      Page<Bet> older = history.at(connection, newest.next().orElseThrow(), 20, userId);

      assertThat(newest.rows()).hasSize(20).first().isEqualTo(new Bet(100, new BigDecimal(100)));
      assertThat(older.rows()).hasSize(20).first().isEqualTo(new Bet(80, new BigDecimal(80)));
      assertThat(history.indexColumns()).isEqualTo("placed_at DESC, id DESC");
      assertThatThrownBy(() -> history.at(connection, "forged", 20, userId))
          .isInstanceOf(CursorRefused.class);
    }
  }

  @Test
  void streams() throws SQLException {
    BigDecimal total = BigDecimal.ZERO;
    StreamingQuery rows = StreamingQuery.of(dataSource);
    try (Stream<Bet> bets = rows.stream("SELECT id, stake FROM bets ORDER BY id", Bet::read)) {
      total = bets.map(Bet::stake).reduce(total, BigDecimal::add);
    }
    assertThat(total).isEqualByComparingTo("5050");
  }
}
