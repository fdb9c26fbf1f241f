package io.perfkit.db.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.BatchUpdateException;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

final class SqlStateTest {
  private static final String TABLE =
      """
      # SQLSTATE  what it means      commit in doubt
      08000       NO_ANSWER          true
      08003       NO_ANSWER          true
      08006       NO_ANSWER          true
      08007       NO_ANSWER          true
      HYT00       NO_ANSWER          true
      90067       NO_ANSWER          true
      90121       NO_ANSWER          true
      1           NO_ANSWER          true
      28000       NO_ACCESS          false
      28P01       NO_ACCESS          false
      3D000       NO_ACCESS          false
      53100       NO_RESOURCES       true
      53200       NO_RESOURCES       true
      53300       NO_RESOURCES       true
      57P01       SHUTDOWN           true
      57P02       SHUTDOWN           true
      57P03       SHUTDOWN           true
      57P05       SHUTDOWN           true
      58030       SERVER_FAULT       true
      XX000       SERVER_FAULT       true
      XX001       SERVER_FAULT       true
      25006       READ_ONLY          false
      25001       TRANSACTION_STATE  false
      25P02       TRANSACTION_STATE  false
      40001       CONFLICT           false
      40002       CONFLICT           false
      40003       CONFLICT           true
      40P01       CONFLICT           false
      57014       CANCELLED          false
      55000       NOT_NOW            false
      55P03       NOT_NOW            false
      26000       PREPARED_NAME      false
      42P05       PREPARED_NAME      false
      0A000       STATEMENT_REFUSED  false
      0LP01       STATEMENT_REFUSED  false
      0P000       STATEMENT_REFUSED  false
      2BP01       STATEMENT_REFUSED  false
      3F000       STATEMENT_REFUSED  false
      42501       STATEMENT_REFUSED  false
      42601       STATEMENT_REFUSED  false
      42P01       STATEMENT_REFUSED  false
      21000       DATA_REFUSED       false
      22001       DATA_REFUSED       false
      23503       DATA_REFUSED       false
      23505       DATA_REFUSED       false
      44000       DATA_REFUSED       false
      P0001       DATA_REFUSED       false
      """;

  @Test
  void meansTheSameToEveryPackage() {
    TABLE
        .lines()
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.split(" +"))
        .forEach(
            row -> {
              SQLException failure = new SQLException("", row[0]);
              assertThat(SqlState.of(failure)).as(row[0]).isEqualTo(SqlState.valueOf(row[1]));
              assertThat(SqlState.leavesCommitInDoubt(failure))
                  .as(row[0])
                  .isEqualTo(Boolean.parseBoolean(row[2]));
            });
  }

  @Test
  void whatIsNoAnswerOfADatabaseLeavesACommitInDoubt() {
    for (Throwable failure :
        new Throwable[] {
          new SQLException("without a state"), new IllegalStateException(), new StackOverflowError()
        }) {
      assertThat(SqlState.of(failure)).isEqualTo(SqlState.NO_ANSWER);
      assertThat(SqlState.leavesCommitInDoubt(failure)).isTrue();
    }
    assertThat(SqlState.of(new BatchUpdateException("", "23505", 0, new int[0])))
        .isEqualTo(SqlState.DATA_REFUSED);
  }

  @Test
  void namesAFailureWithoutItsMessage() {
    assertThat(SqlState.name(new SQLException("Key (id)=(5)", "23505")))
        .isEqualTo("SQLSTATE 23505");
    assertThat(SqlState.name(new IllegalStateException("secret")))
        .isEqualTo("IllegalStateException");
  }
}
