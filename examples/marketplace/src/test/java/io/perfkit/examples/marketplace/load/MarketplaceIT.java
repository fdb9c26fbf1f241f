package io.perfkit.examples.marketplace.load;

import static io.perfkit.examples.marketplace.load.Fixture.bet;
import static io.perfkit.examples.marketplace.load.Fixture.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.db.query.RepeatedQuery;
import io.perfkit.examples.marketplace.DatabaseReport;
import io.perfkit.examples.marketplace.Figures;
import io.perfkit.examples.marketplace.HostServer;
import io.perfkit.examples.marketplace.Schema;
import io.perfkit.examples.marketplace.Variant;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestDatabase;
import io.perfkit.testing.TestRedis;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@RealPostgres
@RealRedis
final class MarketplaceIT {
  private static int runs;

  private final TestDatabase database;
  private final Fixture fixture;
  private HostServer plainHost;
  private HostServer perfkitHost;
  private HttpTarget plain;
  private HttpTarget perfkit;
  private List<Long> openMarkets;

  MarketplaceIT(TestDatabase database, TestRedis redis) {
    this.database = database;
    this.fixture = new Fixture(database, redis.uri(), redis.prefix() + "-" + runs++);
  }

  @BeforeEach
  void start() throws Exception {
    plainHost = fixture.host(Variant.PLAIN);
    perfkitHost = fixture.host(Variant.PERFKIT);
    plain = fixture.target(plainHost);
    perfkit = fixture.target(perfkitHost);
    openMarkets = OpenMarkets.of(plain);
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void bothSidesGiveTheSameAnswersBeforeAndAfterBets() throws Exception {
    Workload workload = new Workload(1, Fixture.SIZE, openMarkets);
    List<Call> calls = ComparedCalls.unchanging(Fixture.SIZE, workload);
    List<Call> bets = Stream.generate(workload::bet).limit(50).toList();
    EqualAnswers answers = new EqualAnswers(plain, perfkit);

    assertThat(answers.compare(calls)).isEmpty();
    assertThat(answers.compareAfter(bets)).isEmpty();
    assertThat(answers.compare(calls)).isEmpty();
    assertThat(answers.compared()).isGreaterThan(1_000);

    // A node that finds everything in Redis gives the same answers again.
    HttpTarget second = fixture.target(fixture.host(Variant.PERFKIT));
    assertThat(new EqualAnswers(plain, second).compare(calls)).isEmpty();
  }

  @Test
  void tellsADifferenceBetweenTheSides() throws Exception {
    String path = "/users/1";
    get(perfkit, path);
    assertThat(bet(plain, 1, openMarkets.get(0), 100).statusCode()).isEqualTo(201);

    assertThat(new EqualAnswers(plain, perfkit).compare(List.of(Call.get(path))))
        .hasValueSatisfying(
            difference ->
                assertThat(difference)
                    .contains("GET /users/1", "plain:   200 {", "perfkit: 200 {"));
  }

  @Test
  void showsABetAtOnceToWhoPlacedIt() throws Exception {
    long market = openMarkets.get(3);
    for (HttpTarget side : List.of(plain, perfkit)) {
      for (int i = 0; i < 20; i++) {
        get(side, "/markets/" + market);
        get(side, "/markets");
        get(side, "/users/7");
        get(side, "/users/7/bets");
        HttpResponse<String> placed = bet(side, 7, market, 101 + i);
        assertThat(placed.statusCode()).isEqualTo(201);
        String id = placed.body().replaceFirst(".*?\"id\":(\\d+).*", "$1");

        assertThat(get(side, "/users/7/bets")).contains(placed.body());
        assertThat(get(side, "/users/7")).contains(placed.body());
        assertThat(get(side, "/markets/" + market)).contains("\"newestBets\":[{\"id\":" + id);
        String detail = get(side, "/markets/" + market);
        String row = detail.substring(detail.indexOf("{\"id\""), detail.indexOf(",\"newestBets\""));
        assertThat(get(side, "/markets")).contains(row);
      }
      // The other side's caches did not hear of bets that bypassed them.
      perfkit = fixture.target(fixture.host(Variant.PERFKIT));
    }
  }

  @Test
  void showsABetToTheOtherNodesSoon() throws Exception {
    HttpTarget second = fixture.target(fixture.host(Variant.PERFKIT));
    get(second, "/users/9/bets");
    String placed = bet(perfkit, 9, openMarkets.get(0), 500).body();

    Await.until(
        "the bet on the other node",
        Duration.ofSeconds(30), // and well below the 30 min after which a history is read anew
        () -> second.send(Call.get("/users/9/bets")).join() == 200 && shows(second, placed));
  }

  @Test
  void neverTakesMoreThanTheBalanceHowManyBetsThereAreAtOnce() throws Exception {
    long user = 10;
    for (HttpTarget side : List.of(plain, perfkit)) {
      user++;
      sql("UPDATE " + Schema.NAME + ".users SET balance_cents = 1050 WHERE id = " + user);
      List<CompletableFuture<Integer>> bets = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        String body = ComparedCalls.bet(user, openMarkets.get(i % 5), "NO", "100");
        bets.add(side.send(Call.post("/bets", body)));
      }
      List<Integer> statuses = bets.stream().map(CompletableFuture::join).toList();

      assertThat(statuses).containsOnly(201, 409);
      assertThat(statuses).filteredOn(status -> status == 201).hasSize(10);
      assertThat(get(side, "/users/" + user)).contains("\"balanceCents\":50,");
      HttpResponse<String> refused = bet(side, user, openMarkets.get(0), 100);
      assertThat(refused.body())
          .isEqualTo(
              "{\"type\":\"about:blank\",\"title\":\"Conflict\",\"status\":409,"
                  + "\"detail\":\"The balance is lower than the stake of 100 cents.\"}");
    }
  }

  @Test
  void countsTheStatementsOfBothSides() throws Exception {
    assertThat(statements(plainHost, plain, "/markets")).isBetween(15L, 22L);
    assertThat(statements(plainHost, plain, "/users/3")).isBetween(5L, 15L);
    get(perfkit, "/markets");
    assertThat(statements(perfkitHost, perfkit, "/markets")).isZero();
    assertThat(statements(perfkitHost, perfkit, "/users/3")).isEqualTo(3);
    assertThat(statements(perfkitHost, perfkit, "/users/3")).isZero();
  }

  @Test
  void aHistoryIsReadToItsEndWhileBetsArePlacedBeforeIt() throws Exception {
    long user = 8;
    List<String> before = ids(get(perfkit, "/users/" + user + "/bets?size=50"));
    List<String> read = new ArrayList<>();
    Optional<String> next = Optional.of("/users/" + user + "/bets?size=3");
    while (next.isPresent()) {
      String page = get(perfkit, next.get());
      read.addAll(ids(page));
      next = NextLinks.in(page);
      assertThat(bet(perfkit, user, openMarkets.get(0), 100).statusCode()).isEqualTo(201);
    }

    // With OFFSET each new bet would have shown the last one of a page a second time.
    assertThat(before).hasSizeBetween(4, 49);
    assertThat(read).isEqualTo(before);
  }

  @Test
  void aLinkOfOneNodeLeadsOnAtAnotherAndAtNobodyElses() throws Exception {
    HttpTarget second = fixture.target(fixture.host(Variant.PERFKIT));
    String link = NextLinks.in(get(perfkit, "/users/8/bets?size=3")).orElseThrow();

    assertThat(get(second, link)).isEqualTo(get(perfkit, link)).contains("\"bets\":[{");
    assertThat(get(perfkit, link.replace("from=A", "from=B")))
        .contains("from: unknown (expected: that of a next link)");
  }

  @Test
  void missesAreLoadedWithTwoToFiveStatements() throws Exception {
    for (String path :
        List.of("/markets", "/markets/5", "/users/5", "/users?query=user-000", "/users/5/bets")) {
      assertThat(statements(perfkitHost, perfkit, path)).as(path).isBetween(2L, 5L);
    }
  }

  @Test
  void theMonitorFindsEachNPlusOneOfThePlainSideAndNoneOfTheOther() throws Exception {
    Workload workload = new Workload(1, Fixture.SIZE, openMarkets);
    EqualAnswers answers = new EqualAnswers(plain, perfkit);
    assertThat(answers.compare(ComparedCalls.unchanging(Fixture.SIZE, workload))).isEmpty();

    List<RepeatedQuery> found = plainHost.databaseReport().repeated();
    assertThat(found)
        .allSatisfy(
            query -> {
              assertThat(query.kind()).isEqualTo(RepeatedQuery.Kind.N_PLUS_ONE);
              assertThat(query.parent()).isPresent();
              assertThat(query.most()).isGreaterThanOrEqualTo(5);
              assertThat(query.cost()).isPositive();
              assertThat(query.callPath()).contains("PlainMarketService");
            })
        .extracting(query -> query.fingerprint().replaceFirst(".* from", "from"))
        .containsOnly( // each of them at every place that asks so
            "from users where id = ?",
            "from markets where id = ?",
            "from bets where market_id = ?",
            "from markets where creator_id = ?");
    // A grouped query has no row for a key without rows, so the two counts get no proposal.
    assertThat(found)
        .flatExtracting(query -> query.rewritten().stream().toList())
        .extracting(query -> query.replaceFirst(".* from", "from"))
        .containsOnly("from users where id = any(?)", "from markets where id = any(?)");
    assertThat(perfkitHost.databaseReport().repeated()).isEmpty();
  }

  @Test
  void theMonitorAndTheCounterAgree() throws Exception {
    HostServer host = fixture.host(Variant.PLAIN);
    get(fixture.target(host), "/markets");

    List<DatabaseReport.Statement> seen = host.databaseReport().heaviest();
    assertThat(seen).hasSize(4);
    assertThat(seen.stream().mapToLong(DatabaseReport.Statement::calls).sum())
        .isEqualTo(host.figures().statements());
    assertThat(host.figures().connectionNanos()).isPositive();
  }

  private static long statements(HostServer host, HttpTarget target, String path) throws Exception {
    Figures before = host.figures();
    get(target, path);
    Figures since = host.figures().since(before);
    assertThat(since.requests()).isEqualTo(1);
    assertThat(since.readsWithoutSql()).isEqualTo(since.statements() == 0 ? 1 : 0);
    return since.statements();
  }

  private static List<String> ids(String page) {
    return Pattern.compile("\\{\"id\":(\\d+),\"market\"")
        .matcher(page)
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  private static boolean shows(HttpTarget target, String placed) {
    try {
      return get(target, "/users/9/bets").contains(placed);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private void sql(String statement) throws Exception {
    try (Connection connection = database.dataSource().getConnection();
        Statement sql = connection.createStatement()) {
      sql.executeUpdate(statement);
    }
  }
}
