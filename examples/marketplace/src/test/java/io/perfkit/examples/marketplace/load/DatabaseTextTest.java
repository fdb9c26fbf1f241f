package io.perfkit.examples.marketplace.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.db.query.RepeatedQuery;
import io.perfkit.examples.marketplace.DatabaseReport;
import io.perfkit.examples.marketplace.DatabaseReport.Statement;
import io.perfkit.examples.marketplace.Variant;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class DatabaseTextTest {
  private static final String LONG = "select " + "x".repeat(100) + " from bets where id = ?";

  @Test
  void namesTheHeaviestStatementsAndWhatIsAskedForEachRow() {
    RepeatedQuery repeated =
        new RepeatedQuery(
            RepeatedQuery.Kind.N_PLUS_ONE,
            "select id, name from users where id = ?",
            "io.perfkit.examples.Sql.list:57 < io.perfkit.examples.Sql.find:67"
                + " < io.perfkit.examples.PlainSession.user:47 < io.perfkit.examples.Plain.view:9"
                + " < io.perfkit.examples.Plain.lambda$markets$0:7 < io.perfkit.examples.Sql.read:9",
            Optional.of("select id, creator_id from markets where status = ?"),
            23_120,
            10,
            Duration.ofMillis(12_345),
            Optional.of("select id, name from users where id = any(?)"));
    DatabaseReport report =
        new DatabaseReport(
            0.7, List.of(new Statement(LONG, 412_034, 61.23, 0.15)), List.of(repeated), List.of());

    assertThat(DatabaseText.of(Variant.PLAIN, report))
        .isEqualTo(
            """
            plain, what took PostgreSQL longest, warm-up included:
                 calls   seconds  mean ms
               412,034      61.2     0.15  select xxxxxxxxxxxxxxxxxxxxxxxxxxxxx … xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx from bets where id = ?
              N+1: select id, name from users where id = ?
                  up to 10 times in each of 23,120 requests, 12.3 s, at PlainSession.user:47 < Plain.view:9 < Plain.lambda$markets$0:7
                  for each of  select id, creator_id from markets where status = ?
                  instead      select id, name from users where id = any(?)""");
  }

  @Test
  void saysThatNothingRepeatsAndWhatWasDoneToThePool() {
    DatabaseReport report =
        new DatabaseReport(0, List.of(), List.of(), List.of("4 of 4 connections ready"));

    assertThat(DatabaseText.of(Variant.PERFKIT, report))
        .isEqualTo(
            """
            perfkit, what took PostgreSQL longest, warm-up included:
                 calls   seconds  mean ms
              nothing is asked again and again within a request (no N+1)
              pool: 4 of 4 connections ready""");
  }
}
