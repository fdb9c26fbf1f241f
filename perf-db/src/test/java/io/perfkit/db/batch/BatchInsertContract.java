package io.perfkit.db.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the plain helper does on any database. */
abstract class BatchInsertContract {
  private static final BatchInsert<Bet> INSERT =
      BatchInsert.of(
          "INSERT INTO bets (id, market, stake) VALUES (?, ?, ?)",
          (statement, bet) -> {
            statement.setLong(1, bet.id());
            statement.setString(2, bet.market());
            statement.setBigDecimal(3, bet.stake());
          });

  abstract DataSource dataSource();

  @BeforeEach
  void createTable() {
    Bet.createTable(dataSource());
  }

  private static List<Bet> bets(int count) {
    return LongStream.range(0, count).mapToObj(id -> Bet.of(id, "m")).toList();
  }

  @Test
  void sendsAllRowsInBatchesAndLeavesTheCommitToTheCaller() throws SQLException {
    try (Connection connection = dataSource().getConnection()) {
      connection.setAutoCommit(false);
      assertThat(INSERT.withBatchRows(10).write(connection, bets(95))).isEqualTo(95);
      connection.rollback();
      assertThat(Bet.inTable(dataSource())).isEmpty();
      assertThat(INSERT.withBatchRows(10).write(connection, bets(90))).isEqualTo(90);
      assertThat(INSERT.write(connection, List.of())).isZero();
      connection.commit();
    }
    assertThat(Bet.inTable(dataSource())).hasSize(90);
  }

  @Test
  void passesOnWhatTheDriverThrows() throws SQLException {
    try (Connection connection = dataSource().getConnection()) {
      connection.setAutoCommit(false);
      assertThatThrownBy(() -> INSERT.write(connection, List.of(Bet.of(1, "m"), Bet.poison(2))))
          .isInstanceOf(BatchUpdateException.class);
      connection.rollback();
    }
  }

  @Test
  void refusesAConnectionThatCommitsByItself() throws SQLException {
    try (Connection connection = dataSource().getConnection()) {
      assertThatThrownBy(() -> INSERT.write(connection, bets(1)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("autoCommit: true (expected: false");
    }
    assertThatThrownBy(() -> INSERT.withBatchRows(0))
        .hasMessage("batchRows: 0 (expected: 1 to 100000)");
  }
}
