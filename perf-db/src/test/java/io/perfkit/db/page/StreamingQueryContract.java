package io.perfkit.db.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What streams are on any database. One connection: who keeps it starves the next. */
abstract class StreamingQueryContract {
  private HikariDataSource pool;

  abstract DataSource dataSource();

  /** A query of the numbers from 1 to its only parameter, as {@code n}. */
  abstract String numbers();

  @BeforeEach
  void openPool() {
    HikariConfig config = new HikariConfig();
    config.setDataSource(dataSource());
    config.setMaximumPoolSize(1);
    config.setConnectionTimeout(20_000);
    pool = new HikariDataSource(config);
  }

  @AfterEach
  void closePool() {
    pool.close();
  }

  private Stream<Integer> numbersTo(int last) throws SQLException {
    return StreamingQuery.of(pool).withFetchSize(10).stream(
        numbers(), row -> row.getInt("n"), last);
  }

  private void assertGivenBackAsItWas() throws SQLException {
    try (Connection connection = pool.getConnection()) {
      assertThat(connection.getAutoCommit()).isTrue();
      assertThat(connection.isReadOnly()).isFalse();
    }
  }

  @Test
  void readsAllRowsInTheirOrder() throws SQLException {
    try (Stream<Integer> numbers = numbersTo(95)) {
      assertThat(numbers.mapToInt(n -> n).sum()).isEqualTo(95 * 96 / 2);
    }
    assertGivenBackAsItWas();
    try (Stream<Integer> none = numbersTo(0)) {
      assertThat(none).isEmpty();
    }
  }

  @Test
  void givesTheConnectionBackAtTheEndOrWhenClosed() throws SQLException {
    Stream<Integer> atTheEnd = numbersTo(3);
    assertThat(atTheEnd.toList()).isEqualTo(List.of(1, 2, 3));
    assertGivenBackAsItWas();
    atTheEnd.close();

    Stream<Integer> early = numbersTo(100);
    Iterator<Integer> numbers = early.iterator();
    assertThat(numbers.next()).isEqualTo(1);
    assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isEqualTo(1);
    early.close();
    early.close();
    assertGivenBackAsItWas();
  }

  @Test
  void keepsNothingOpenWhenTheQueryIsRefused() throws SQLException {
    assertThatThrownBy(() -> StreamingQuery.of(pool).stream("SELECT no_such_thing", row -> 1))
        .isInstanceOf(SQLException.class);
    assertGivenBackAsItWas();
  }

  @Test
  void tellsAfterHowManyRowsTheDatabaseFailed() throws SQLException {
    String failing = "SELECT 1 / (5 - n) AS q FROM (" + numbers() + ") AS numbers";
    try (Stream<Integer> stream =
        StreamingQuery.of(pool).withFetchSize(1).stream(failing, row -> row.getInt("q"), 10)) {
      assertThatThrownBy(() -> stream.forEach(q -> {}))
          .isInstanceOf(StreamingFailed.class)
          .hasMessage("the database failed after 4 rows")
          .hasCauseInstanceOf(SQLException.class);
    }
    assertGivenBackAsItWas();
  }

  @Test
  void saysWhatIsWrong() {
    assertThatThrownBy(() -> StreamingQuery.of(pool).withFetchSize(0))
        .hasMessage("fetchSize: 0 (expected: 1 to 1000000)");
    assertThatThrownBy(() -> StreamingQuery.of(pool).stream("SELECT 1", null))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("mapper");
  }
}
