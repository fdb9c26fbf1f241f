package io.perfkit.examples.marketplace.load;

import static io.perfkit.examples.marketplace.load.Fixture.bet;
import static io.perfkit.examples.marketplace.load.Fixture.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.examples.marketplace.HostServer;
import io.perfkit.examples.marketplace.Schema;
import io.perfkit.examples.marketplace.Variant;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestDatabase;
import io.perfkit.testing.TestRedis;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bets that the batch writer records: each with its debit, and no debit without its bet. */
@RealPostgres
@RealRedis
final class BetsIT {
  private static final String USERS = Schema.NAME + ".users";
  private static int runs;

  private final TestDatabase database;
  private final Fixture fixture;
  private HostServer host;
  private HttpTarget perfkit;
  private List<Long> openMarkets;

  BetsIT(TestDatabase database, TestRedis redis) {
    this.database = database;
    this.fixture = new Fixture(database, redis.uri(), redis.prefix() + "-bets-" + runs++);
  }

  @BeforeEach
  void start() throws Exception {
    host = fixture.host(Variant.PERFKIT);
    perfkit = fixture.target(host);
    openMarkets = OpenMarkets.of(perfkit);
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void nodesOfBothSidesTogetherNeverTakeMoreThanTheBalance() throws Exception {
    sql("UPDATE " + USERS + " SET balance_cents = 1050 WHERE id = 21");
    Ledger before = ledger();
    List<HttpTarget> nodes =
        List.of(
            perfkit,
            fixture.target(fixture.host(Variant.PERFKIT)),
            fixture.target(fixture.host(Variant.PLAIN)));
    List<CompletableFuture<Integer>> answers = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      answers.add(nodes.get(i % 3).send(order(21, 100)));
    }

    assertThat(statuses(answers)).containsOnly(201, 409).filteredOn(s -> s == 201).hasSize(10);
    assertThat(ledger()).isEqualTo(before);
    assertThat(get(nodes.get(2), "/users/21")).contains("\"balanceCents\":50,");
  }

  @Test
  void aRefusedBetHarmsNoneThatSharesItsTransaction() throws Exception {
    sql("UPDATE " + USERS + " SET balance_cents = 99 WHERE id = 100");
    Ledger before = ledger();
    long statements = host.figures().statements();
    List<CompletableFuture<Integer>> poor = new ArrayList<>();
    List<CompletableFuture<Integer>> rich = new ArrayList<>();
    try (Connection gate = database.dataSource().getConnection()) {
      holdDebits(gate);
      for (int user = 80; user < 120; user++) {
        (user == 100 ? poor : rich).add(perfkit.send(order(user, 100)));
      }
      awaitAsked(statements + 40);
      gate.rollback();
    }

    assertThat(statuses(poor)).containsOnly(409);
    assertThat(statuses(rich)).containsOnly(201);
    assertThat(ledger()).isEqualTo(before);
  }

  @Test
  void betsOfOneMomentShareAStatement() throws Exception {
    long statements = host.figures().statements();
    List<CompletableFuture<Integer>> answers = new ArrayList<>();
    try (Connection gate = database.dataSource().getConnection()) {
      holdDebits(gate);
      for (int user = 1; user <= 40; user++) {
        answers.add(perfkit.send(order(user, 100)));
      }
      awaitAsked(statements + 40);
      gate.rollback();
    }

    assertThat(statuses(answers)).containsOnly(201);
    // 40 look at their market, and a few statements write all bets; one at a time it were 80.
    assertThat(host.figures().statements() - statements).isLessThan(60);
  }

  @Test
  void aBetForNobodyIsRefusedAsPlainRefusesIt() throws Exception {
    HttpTarget plain = fixture.target(fixture.host(Variant.PLAIN));
    for (long user : List.of(0L, 301L)) {
      assertThat(bet(perfkit, user, openMarkets.get(0), 100).body())
          .isEqualTo(bet(plain, user, openMarkets.get(0), 100).body())
          .contains("There is no user " + user + ".");
    }
  }

  @Test
  void theLedgerTellsABetWithoutItsDebit() throws Exception {
    Ledger before = ledger();
    assertThat(bet(perfkit, 31, openMarkets.get(0), 100).statusCode()).isEqualTo(201);
    assertThat(ledger()).isEqualTo(before);

    sql("ALTER TABLE " + Schema.NAME + ".bets DISABLE TRIGGER take_stake");
    assertThat(bet(perfkit, 31, openMarkets.get(0), 100).statusCode()).isEqualTo(201);
    assertThat(ledger()).isNotEqualTo(before);
  }

  /** Until the connection's transaction ends, bets that come gather behind those under way. */
  private static void holdDebits(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    try (Statement lock = connection.createStatement()) {
      lock.execute("LOCK TABLE " + USERS + " IN SHARE MODE");
    }
  }

  /** Until all bets have asked for their market and both lanes are writing. */
  private void awaitAsked(long statements) {
    Await.until(
        "bets under way",
        Duration.ofSeconds(30),
        () -> host.figures().statements() >= statements + 2);
  }

  private Call order(long user, long cents) {
    return Call.post(
        "/bets", ComparedCalls.bet(user, openMarkets.get(0), "YES", Long.toString(cents)));
  }

  private static List<Integer> statuses(List<CompletableFuture<Integer>> answers) {
    return answers.stream().map(CompletableFuture::join).toList();
  }

  private Ledger ledger() throws SQLException {
    try (Connection connection = database.dataSource().getConnection()) {
      return Ledger.of(connection);
    }
  }

  private void sql(String statement) throws SQLException {
    try (Connection connection = database.dataSource().getConnection();
        Statement sql = connection.createStatement()) {
      sql.executeUpdate(statement);
    }
  }
}
