package io.perfkit.examples.marketplace.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.examples.marketplace.DatabaseAddress;
import io.perfkit.examples.marketplace.HostServer;
import io.perfkit.examples.marketplace.Schema;
import io.perfkit.examples.marketplace.Variant;
import io.perfkit.examples.marketplace.load.OpenLoop.Schedule;
import io.perfkit.testing.Await;
import io.perfkit.testing.PostgresProcess;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleConsumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whatever ends in the middle: money stays exact, and who was told "placed" finds the bet. */
@RealRedis
final class BetsFaultIT {
  private final PostgresProcess postgres = PostgresProcess.start();
  private final TestRedis redis;
  private Fixture fixture;
  private Orders orders;
  private Ledger before;

  BetsFaultIT(TestRedis redis) {
    this.redis = redis;
  }

  @BeforeEach
  void start() throws Exception {
    sql("ALTER DATABASE postgres SET synchronous_commit = on"); // as on any server but this one
    DatabaseAddress address =
        new DatabaseAddress(postgres.jdbcUrl("postgres"), postgres.user(), postgres.password());
    fixture = new Fixture(address, redis.uri(), redis.prefix() + "-faults");
    before = ledger();
  }

  @AfterEach
  void stop() {
    fixture.close();
    postgres.close();
  }

  @Test
  void aKilledHostLeavesNoBetWithoutItsDebit() throws Exception {
    HostProcess host = HostProcess.start(fixture.settings(Variant.PERFKIT));
    try (HttpTarget target = new HttpTarget(host.uri())) {
      orders = new Orders(target);
      load(Duration.ofSeconds(1), once(0.5, afterABet(host::kill)));
    } finally {
      host.close();
    }

    assertThat(orders.placed).isNotEmpty().hasSizeLessThan(orders.count);
    assertMoneyIsExact();
  }

  @Test
  void aKilledDatabaseLosesNoBetThatWasAnswered() throws Exception {
    HostServer host = fixture.host(Variant.PERFKIT);
    HttpTarget target = fixture.target(host);
    orders = new Orders(target);
    DoubleConsumer kill = once(0.3, afterABet(postgres::kill));
    DoubleConsumer restart = once(0.6, postgres::restart);
    load(
        Duration.ofSeconds(40),
        share -> {
          kill.accept(share);
          restart.accept(share);
        });

    assertThat(orders.statuses).containsKey(201);
    int placed = orders.placed.size();
    Await.until(
        "bets are placed again",
        Duration.ofSeconds(30),
        () -> {
          orders.send(orders.get()).join();
          return orders.placed.size() > placed;
        });
    assertMoneyIsExact();
  }

  private void load(Duration drain, DoubleConsumer progress) {
    new OpenLoop(1_000, Timing.system()) // so many that nobody keeps the fault waiting
        .run(orders, orders, new Schedule(200, Duration.ofSeconds(3), drain), progress);
  }

  /** A fault that lets the slowest host place a bet before. */
  private Runnable afterABet(Runnable fault) {
    return () -> {
      Await.until("a bet is placed", Duration.ofSeconds(30), () -> !orders.placed.isEmpty());
      fault.run();
    };
  }

  private static DoubleConsumer once(double share, Runnable fault) {
    boolean[] done = new boolean[1];
    return now -> {
      if (now >= share && !done[0]) {
        done[0] = true;
        fault.run();
      }
    };
  }

  private void assertMoneyIsExact() throws SQLException {
    assertThat(ledger()).isEqualTo(before);
    Map<Long, Integer> bets = betsByStake();
    assertThat(bets.values()).as("each order is one bet at most").allMatch(count -> count == 1);
    assertThat(bets)
        .as("what was answered is there")
        .containsKeys(orders.placed.toArray(Long[]::new));
  }

  /** Orders that can be told apart by their stakes. */
  private static final class Orders implements Supplier<Call>, Target {
    private static final int STAKE_MIN = 20_000; // more than any bet of the generated data
    private static final int USERS = 100;

    private final HttpTarget host;
    private final List<Long> openMarkets;
    private final Set<Long> placed = ConcurrentHashMap.newKeySet();
    private final Map<Integer, Integer> statuses = new ConcurrentHashMap<>();
    private int count;

    Orders(HttpTarget host) throws Exception {
      this.host = host;
      this.openMarkets = OpenMarkets.of(host);
    }

    @Override
    public Call get() {
      count++;
      long user = 1L + count % USERS;
      long market = openMarkets.get(count % openMarkets.size());
      return Call.post(
          "/bets", ComparedCalls.bet(user, market, "NO", Integer.toString(STAKE_MIN + count)));
    }

    @Override
    public CompletableFuture<Integer> send(Call call) {
      long stake = Long.parseLong(call.toString().replaceFirst(".*\"stakeCents\":(\\d+).*", "$1"));
      return host.send(call)
          .handle(
              (status, failure) -> {
                int answer = failure == null ? status : 0;
                statuses.merge(answer, 1, Integer::sum);
                if (answer == 201) {
                  placed.add(stake);
                }
                return answer;
              });
    }
  }

  private Map<Long, Integer> betsByStake() throws SQLException {
    Map<Long, Integer> bets = new HashMap<>();
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT stake_cents FROM %s.bets WHERE stake_cents > %d"
                    .formatted(Schema.NAME, Orders.STAKE_MIN))) {
      while (rows.next()) {
        bets.merge(rows.getLong(1), 1, Integer::sum);
      }
    }
    return bets;
  }

  private Ledger ledger() throws SQLException {
    try (Connection connection = connect()) {
      return Ledger.of(connection);
    }
  }

  private void sql(String text) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(text);
    }
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(
        postgres.jdbcUrl("postgres"), postgres.user(), postgres.password());
  }
}
