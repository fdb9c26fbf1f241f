package io.perfkit.db;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.db.batch.BatchTable;
import io.perfkit.db.batch.BatchWriter;
import io.perfkit.db.page.Keyset;
import io.perfkit.db.page.Page;
import io.perfkit.db.page.Sort;
import io.perfkit.db.page.StreamingQuery;
import io.perfkit.db.pool.LeakSuspect;
import io.perfkit.db.pool.PoolConfig;
import io.perfkit.db.pool.PoolListener;
import io.perfkit.db.pool.PoolManager;
import io.perfkit.db.query.CachedQuery;
import io.perfkit.db.query.QueryCache;
import io.perfkit.db.query.QueryMonitor;
import io.perfkit.db.query.QueryReport.Order;
import io.perfkit.db.query.QueryStatistics;
import io.perfkit.db.route.CausalSession;
import io.perfkit.db.route.Router;
import io.perfkit.testing.Await;
import io.perfkit.testing.PostgresProcess;
import io.perfkit.testing.PostgresReplicated;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** All packages of the module in one application. */
@SuppressWarnings("try") // sessions are opened for what they do
final class TogetherIT {
  private static final String HERE = TogetherIT.class.getName() + ".";
  private static final byte[] SECRET = "at least sixteen bytes".getBytes(StandardCharsets.UTF_8);

  record Bet(long id, long userId, long stake) {}

  private final PostgresReplicated servers = PostgresReplicated.start();
  private final QueryMonitor monitor = QueryMonitor.create();
  private final Queue<LeakSuspect> suspects = new ConcurrentLinkedQueue<>();
  private final PoolManager primary = pool(servers.primary());
  private final PoolManager replica = pool(servers.replica());
  private final DataSource monitored = monitor.wrap("primary", primary.dataSource());

  @AfterEach
  void close() {
    primary.close();
    replica.close();
    monitor.close();
    servers.close();
  }

  private PoolManager pool(PostgresProcess server) {
    return pool(server, PoolConfig.defaults());
  }

  private PoolManager pool(PostgresProcess server, PoolConfig config) {
    PGSimpleDataSource database = new PGSimpleDataSource();
    database.setUrl(server.jdbcUrl("postgres"));
    database.setUser("postgres");
    database.setPassword("postgres");
    return PoolManager.builder(database)
        .config(config)
        .lastStatement(monitor::lastStatement)
        .listener(
            new PoolListener() {
              @Override
              public void onLeakSuspect(LeakSuspect suspect) {
                suspects.add(suspect);
              }
            })
        .build();
  }

  @Test
  void eachSeesOfTheOthersWhatIsTheHosts() throws Exception {
    try (Connection connection = primary.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("create table bets (id bigint primary key, user_id bigint, stake bigint)");
    }
    QueryCache cache = QueryCache.create(monitored);
    CachedQuery<Long> stakes =
        cache.query("select sum(stake) from bets where user_id = ?", row -> row.getLong(1));
    Router router =
        Router.builder(monitored)
            .replica("replica-1", monitor.wrap("replica", replica.dataSource()))
            .build();
    BatchWriter<Bet> writer =
        BatchWriter.create(
            router.dataSource(), BatchTable.of("bets", Bet.class, "id"), rejected -> {});

    try (CausalSession session = router.session()) {
      assertThat(stakes.list(1L)).hasSize(1);
      for (int i = 1; i <= 100; i++) {
        writer.add(new Bet(i, i % 2, 10));
      }
      assertThat(writer.awaitFlushed(Duration.ofSeconds(20))).isTrue();
      assertThat(stakes.list(1L)).as("written through the monitor").containsExactly(500L);
      assertThat(stakes.list(1L)).containsExactly(500L);
      assertThat(cache.stats().hits()).as(monitor.stats().json() + cache).isEqualTo(1);

      Await.until("the replica has replayed", Duration.ofSeconds(20), () -> count(replica) == 100);
      assertThat(page(router).rows()).hasSize(20);
      assertThat(stream(router)).isEqualTo(1_000);
      assertThat(session).isNotNull();
    }
    assertThat(writer.close(Duration.ofSeconds(10)).returned()).isEmpty();
    router.close();

    List<QueryStatistics> seen = monitor.stats().top(Order.CALLS, 100);
    assertThat(seen)
        .extracting(QueryStatistics::fingerprint)
        .filteredOn(
            query -> !query.startsWith("with written as (insert into public.bets")) // asks too
        .as("what perfkit asks for itself")
        .noneMatch(query -> query.contains("from pg_") || query.contains("recovery"));
    assertThat(monitor.stats().ownCalls()).as("the catalog at least").isGreaterThanOrEqualTo(3);
    assertThat(site(seen, "sum(stake)")).startsWith(HERE + "eachSees");
    assertThat(site(seen, "as page")).startsWith(HERE + "page:");
    assertThat(site(seen, "from bets order by id")).startsWith(HERE + "stream:");
    assertThat(site(seen, "insert into public.bets")).as("a thread of perfkit's own").isEmpty();
    assertThat(rows(seen, "insert into public.bets")).as("one row tells of a chunk").isPositive();
    assertThat(rows(seen, "from bets order by id")).isEqualTo(100);
    Await.until(
        "all connections are back",
        Duration.ofSeconds(20),
        () -> monitor.health().connections() == 0);
    assertThat(suspects).isEmpty();
  }

  private static Page<Bet> page(Router router) throws SQLException {
    Keyset<Bet> history =
        Keyset.of(
            "select * from bets where user_id = ?", TogetherIT::bet, SECRET, Sort.ascending("id"));
    try (Connection connection = router.dataSource().getConnection()) {
      connection.setReadOnly(true);
      return history.first(connection, 20, 1L);
    }
  }

  private static long stream(Router router) throws SQLException {
    try (Stream<Bet> bets =
        StreamingQuery.of(router.dataSource()).stream(
            "select * from bets order by id", TogetherIT::bet)) {
      return bets.mapToLong(Bet::stake).sum();
    }
  }

  private static Bet bet(ResultSet row) throws SQLException {
    return new Bet(row.getLong(1), row.getLong(2), row.getLong(3));
  }

  private static long count(PoolManager pool) {
    try (Connection connection = pool.dataSource().getConnection();
        Statement statement = connection.createStatement();
        var row = statement.executeQuery("select count(*) from bets")) {
      return row.next() ? row.getLong(1) : 0;
    } catch (SQLException notYet) {
      return -1;
    }
  }

  private static QueryStatistics of(List<QueryStatistics> seen, String part) {
    return seen.stream().filter(one -> one.fingerprint().contains(part)).findFirst().orElseThrow();
  }

  private static String site(List<QueryStatistics> seen, String part) {
    return of(seen, part).callSite();
  }

  private static long rows(List<QueryStatistics> seen, String part) {
    return of(seen, part).rows();
  }

  /** As a connection provider for schemas and then a transaction manager set them. */
  @Test
  void eachTenantReadsItsOwnRowsThroughPoolsMonitorAndRouter() throws Exception {
    try (Connection connection = primary.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      for (String tenant : List.of("public", "one", "two")) {
        statement.execute("create schema if not exists " + tenant);
        statement.execute("create table " + tenant + ".notes as select '" + tenant + "' as who");
      }
    }
    servers.awaitReplayed();
    try (Router router =
        Router.builder(monitored)
            .replica("replica-1", monitor.wrap("replica", replica.dataSource()))
            .build()) {
      Await.until("a replica is read from", Duration.ofSeconds(20), () -> readsOnReplica(router));
      for (int i = 0; i < 40; i++) {
        String tenant = i % 2 == 0 ? "one" : "two";
        try (Connection connection = router.dataSource().getConnection();
            Statement statement = connection.createStatement()) {
          connection.setSchema(tenant);
          connection.setReadOnly(true);
          connection.setAutoCommit(false);
          try (ResultSet row = statement.executeQuery("select who from notes")) {
            row.next();
            assertThat(row.getString(1)).isEqualTo(tenant);
          }
          connection.commit();
        }
      }
    }
  }

  private static boolean readsOnReplica(Router router) {
    try (Connection connection = router.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      connection.setSchema("one");
      connection.setReadOnly(true);
      try (ResultSet row = statement.executeQuery("select who, pg_is_in_recovery() from notes")) {
        row.next();
        assertThat(row.getString(1)).isEqualTo("one");
        return row.getBoolean(2);
      }
    } catch (SQLException failed) {
      throw new AssertionError(failed);
    }
  }

  @Test
  void aLeakIsToldWithItsLastStatement() throws Exception {
    PoolConfig impatient = PoolConfig.builder(1).leakAfter(Duration.ofSeconds(2)).build();
    try (PoolManager leaking = pool(servers.primary(), impatient);
        Connection connection = monitor.wrap("leaking", leaking.dataSource()).getConnection();
        Statement statement = connection.createStatement()) {
      statement.executeQuery("select 42 as leaked").close();

      Await.until("it is told", Duration.ofSeconds(20), () -> !suspects.isEmpty());
      assertThat(suspects).extracting(LeakSuspect::lastStatement).contains("select ? as leaked");
    }
  }
}
