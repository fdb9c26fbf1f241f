package io.perfkit.db.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.db.internal.OwnWork;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;

/** Where the server keeps no limit, each statement does. */
final class StatementLimitTest {
  private static int queryTimeout(StatementLimit limit) throws SQLException {
    JdbcDataSource h2 = new JdbcDataSource();
    h2.setURL("jdbc:h2:mem:");
    try (Connection connection = h2.getConnection()) {
      limit.set(connection);
      assertThat(limit.isByStatement()).isTrue();
      try (Statement statement = limit.limit(connection.createStatement())) {
        return statement.getQueryTimeout();
      }
    }
  }

  @Test
  void aStatementHasTheTimeoutInWholeSecondsRoundedUp() throws SQLException {
    assertThat(queryTimeout(new StatementLimit(Duration.ofSeconds(30), null))).isEqualTo(30);
    assertThat(queryTimeout(new StatementLimit(Duration.ofMillis(1_001), null))).isEqualTo(2);
  }

  @Test
  void theShorterOfTimeoutAndDeadlineHolds() throws SQLException {
    Duration timeout = Duration.ofSeconds(30);
    assertThat(queryTimeout(new StatementLimit(timeout, Optional::empty))).isEqualTo(30);
    assertThat(queryTimeout(new StatementLimit(timeout, () -> Optional.of(Duration.ofSeconds(40)))))
        .isEqualTo(30);
    assertThat(queryTimeout(new StatementLimit(timeout, () -> Optional.of(Duration.ofSeconds(4)))))
        .isEqualTo(4);
    assertThat(
            queryTimeout(
                new StatementLimit(Duration.ZERO, () -> Optional.of(Duration.ofSeconds(40)))))
        .isEqualTo(40);
  }

  @Test
  void workThatIsNotTheRequestsHasThePoolsTimeoutAlone() throws SQLException {
    Duration timeout = Duration.ofSeconds(30);
    StatementLimit limit = new StatementLimit(timeout, () -> Optional.of(Duration.ZERO));
    int[] seconds = new int[1];
    OwnWork.run(() -> seconds[0] = queryTimeout(limit));
    assertThat(seconds[0]).isEqualTo(30);
    assertThatThrownBy(() -> queryTimeout(limit)).isInstanceOf(SQLTimeoutException.class);
  }

  @Test
  void withoutTimeoutAndDeadlineNothingIsDone() {
    assertThat(new StatementLimit(Duration.ZERO, null).isByStatement()).isFalse();
  }
}
