package io.perfkit.db.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.Await;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@RealPostgres
final class QueryCacheIT {
  private static final String SQL = "select id, name from users where id <= ? order by id";

  private final DataSource plain;
  private QueryMonitor monitor;
  private DataSource database;
  private QueryCache cache;
  private CachedQuery<String> names;

  QueryCacheIT(TestDatabase server) {
    plain = server.dataSource();
  }

  @BeforeEach
  void fill() throws SQLException {
    execute(
        plain,
        "drop schema public cascade",
        "create schema public",
        "create table users (id int primary key, name text)",
        "create table bets (id int primary key, user_id int references users on delete cascade)",
        "create table other (id int primary key)",
        "create view everyone as select * from users",
        "create function twice(i int) returns int language sql immutable as 'select 2 * i'",
        "create function rename() returns int language sql volatile as"
            + " 'update users set name = ''f'' returning 1'",
        "insert into users select i, 'user ' || i from generate_series(1, 5) i",
        "insert into bets select i, i from generate_series(1, 5) i");
    monitor =
        QueryMonitor.builder()
            .config(QueryMonitorConfig.builder().logSlow(false).minRepeats(0).build())
            .build();
    database = monitor.wrap(plain);
    cache = QueryCache.of(database, QueryCacheConfig.defaults());
    names = cache.query(SQL, row -> row.getString("name"));
  }

  @AfterEach
  void close() {
    monitor.close();
  }

  private static void execute(DataSource on, String... statements) throws SQLException {
    try (Connection connection = on.getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private void assertHit() throws SQLException {
    long before = cache.stats().hits();
    List<String> unused = names.list(2);
    assertThat(cache.stats().hits()).isEqualTo(before + 1);
  }

  private void assertEndedBy(String... statements) throws SQLException {
    List<String> warm = names.list(2);
    assertHit();
    execute(database, statements);
    long hits = cache.stats().hits();
    List<String> fresh = names.list(2);
    assertThat(cache.stats().hits()).as("%s", (Object[]) statements).isEqualTo(hits);
    assertThat(fresh).hasSameSizeAs(warm);
    assertHit();
  }

  @Test
  void keepsResultsByParametersWithoutAStatement() throws SQLException {
    assertThat(names.list(2)).containsExactly("user 1", "user 2");
    assertThat(names.list(3)).hasSize(3);
    long calls = monitor.stats().calls();
    assertThat(names.list(2)).containsExactly("user 1", "user 2");
    assertThat(names.list((Object) null)).isEmpty();
    assertThat(names.list((Object) null)).isEmpty();

    assertThat(monitor.stats().calls()).isEqualTo(calls + 1);
    assertThat(cache.stats()).isEqualTo(new QueryCacheStats(2, 3, 0, 0));
  }

  @Test
  void aWriteEndsWhatReadItsTable() throws SQLException {
    assertEndedBy("update users set name = 'x' where id = 1");
    assertThat(names.list(2)).containsExactly("x", "user 2");
    assertEndedBy("insert into users values (100, 'new')");
    assertEndedBy("delete from users where id = 100");
    assertEndedBy("with gone as (delete from users where id = 5 returning id) select * from gone");
    assertEndedBy("insert into users values (6, 'n') on conflict (id) do nothing");
    assertEndedBy("merge into users u using other o on u.id = o.id when matched then do nothing");
    assertEndedBy("select rename()");
    assertEndedBy("do $$ begin update users set name = 'do'; end $$");
    assertEndedBy("begin", "update users set name = 'sql' where id = 1", "commit");
    assertEndedBy("alter table users add column age int");
    assertEndedBy("prepare p as update users set name = 'p'; execute p");
  }

  @Test
  void aWriteToAnotherTableEndsNothing() throws SQLException {
    List<String> warm = names.list(2);
    execute(
        database,
        "insert into other values (1)",
        "update bets set user_id = 1",
        "set statement_timeout = 60000",
        "select count(*) from users",
        "select twice(1)");
    assertThat(names.list(2)).isEqualTo(warm);
    assertThat(cache.stats().hits()).isEqualTo(1);
  }

  @Test
  void cascadesTriggersAndPartsCount() throws SQLException {
    execute(
        plain,
        "create table part (id int, name text) partition by range (id)",
        "create table part1 partition of part for values from (0) to (1000)",
        "create function f() returns trigger language plpgsql as"
            + " 'begin update users set name = ''t''; return new; end'",
        "create trigger t after insert on other for each row execute function f()");
    execute(database, "comment on table users is 'ends the catalog that was read'");
    CachedQuery<Integer> bets = cache.query("select id from bets", row -> row.getInt(1));
    CachedQuery<Integer> parts = cache.query("select id from part", row -> row.getInt(1));
    assertThat(bets.list()).hasSize(5);
    assertThat(parts.list()).isEmpty();

    execute(database, "delete from users where id = 5", "insert into part1 values (1, 'a')");
    assertThat(bets.list()).hasSize(4);
    assertThat(parts.list()).hasSize(1);
    assertEndedBy("insert into other values (7)");
    assertThat(names.list(2)).containsExactly("t", "t");
  }

  @Test
  void aTransactionThatWritesMakesEverybodyAskUntilItEnds() throws SQLException {
    List<String> warm = names.list(2);
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      assertThat(statement.executeUpdate("update users set name = 'mine' where id = 1")).isOne();
      assertThat(names.list(2)).isEqualTo(warm);
      assertThat(cache.stats().bypassed()).isEqualTo(1);
      connection.commit();
      assertThat(names.list(2)).containsExactly("mine", "user 2");
      assertHit();
      assertThat(statement.executeUpdate("update users set name = 'no' where id = 1")).isOne();
      connection.rollback();
      assertThat(names.list(2)).containsExactly("mine", "user 2");
      assertHit();
      assertThat(statement.executeUpdate("update users set name = 'auto' where id = 1")).isOne();
      connection.setAutoCommit(true);
      assertThat(names.list(2)).containsExactly("auto", "user 2");
      assertHit();
      connection.setAutoCommit(false);
      assertThat(statement.executeUpdate("update users set name = 'left' where id = 1")).isOne();
    }
    assertThat(names.list(2)).containsExactly("auto", "user 2");
    assertHit();
  }

  @Test
  void batchesAndChangesThroughResultsCount() throws SQLException {
    List<String> warm = names.list(2);
    try (Connection connection = database.getConnection();
        PreparedStatement update =
            connection.prepareStatement("update users set name = ? where id = 1");
        Statement texts = connection.createStatement();
        Statement rows =
            connection.createStatement(
                ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE)) {
      update.setString(1, "batch");
      update.addBatch();
      assertThat(update.executeBatch()).containsExactly(1);
      assertThat(names.list(2)).containsExactly("batch", "user 2");

      texts.addBatch("update users set name = 'text' where id = 1");
      texts.addBatch("delete from other");
      List<String> between = names.list(2);
      assertThat(between).isNotEqualTo(warm);
      assertThat(texts.executeBatch()).containsExactly(1, 0);
      assertThat(names.list(2)).containsExactly("text", "user 2");

      try (ResultSet result = rows.executeQuery("select id, name from users order by id")) {
        assertThat(result.next()).isTrue();
        result.updateString(2, "row");
        result.updateRow();
      }
      assertThat(names.list(2)).containsExactly("row", "user 2");
      assertHit();
    }
  }

  @Test
  void keepsNothingThatItCannotReadForSure() throws SQLException {
    for (String sql :
        List.of(
            "select random() from users",
            "select now() from users",
            "select current_date from users",
            "select twice(id) from users",
            "select * from everyone",
            "select * from users for update",
            "select * from users where name > 'today'",
            "with u as (select * from users) select * from u",
            "select * from pg_tables",
            "select 1",
            "select * from unknown_table",
            "select id from users; select 1",
            "update users set name = name returning id")) {
      CachedQuery<String> query = cache.query(sql, row -> row.getString(1));
      assertThat(query.uncacheable()).as(sql).isPresent();
    }
    CachedQuery<String> today =
        cache.query("select name from users where name <> ?", row -> row.getString(1));
    assertThat(today.uncacheable()).isEmpty();
    assertThat(today.list("today")).isEqualTo(today.list("Now"));
    assertThat(cache.stats().bypassed()).isEqualTo(2);
    assertThat(
            cache
                .query(
                    "select u.name, count(*), max(b.id) from users u join bets b on b.user_id ="
                        + " u.id where u.id = any(array[1, 2]) and lower(u.name) like ? group by"
                        + " u.name having count(*) > 1",
                    row -> row.getString(1))
                .uncacheable())
        .isEmpty();
  }

  @Test
  void temporaryTablesAreNotKept() throws SQLException {
    execute(database, "create temporary table scratch (id int)", "analyze users");
    CachedQuery<Integer> query = cache.query("select id from scratch", row -> row.getInt(1));
    assertThat(query.uncacheable()).isPresent();
  }

  @Test
  void connectionsThatMayDifferTurnItOff() throws SQLException {
    List<String> warm = names.list(2);
    execute(database, "set search_path = public");
    assertThat(names.list(2)).isEqualTo(warm);
    assertThat(cache.stats().hits()).isZero();
    assertThat(cache.stats().bypassed()).isEqualTo(1);
  }

  @Test
  void aWriteOfWhichNobodyKnowsWhetherItWasCommittedIsLeftAloneForTheTtl() throws SQLException {
    List<String> warm = names.list(2);
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      assertThat(statement.executeUpdate("update users set name = 'doubt' where id = 1")).isOne();
      int server = connection.unwrap(org.postgresql.PGConnection.class).getBackendPID();
      execute(plain, "select pg_terminate_backend(" + server + ")");
      assertThatThrownBy(connection::commit).isInstanceOf(SQLException.class);
    }
    assertThat(names.list(2)).isEqualTo(warm);
    assertThat(names.list(2)).isEqualTo(warm);
    assertThat(cache.stats().hits()).isZero();
    assertThat(cache.stats().bypassed()).isEqualTo(2);
  }

  @Test
  void callersOfOneQueryShareItsLoad() throws Exception {
    CachedQuery<String> slow =
        cache.query(
            "select name from users where id = ?",
            row -> {
              Await.until(
                  "the others wait", Duration.ofSeconds(5), () -> cache.stats().shared() == 3);
              return row.getString(1);
            });
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Callable<List<String>>> calls = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        calls.add(() -> slow.list(1));
      }
      for (Future<List<String>> result : threads.invokeAll(calls)) {
        assertThat(result.get()).containsExactly("user 1");
      }
    } finally {
      threads.shutdown();
      assertThat(threads.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(cache.stats().loads()).isEqualTo(1);
  }

  /** Q3. */
  @Test
  void aLoadThatBeganBeforeAWriteIsNotShared() throws Exception {
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch written = new CountDownLatch(1);
    CachedQuery<String> slow =
        cache.query(
            "select name from users where id = ?",
            row -> {
              if (reading.getCount() > 0) {
                reading.countDown();
                await(written);
              }
              return row.getString(1);
            });
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<List<String>> old = thread.submit(() -> slow.list(1));
      await(reading);
      execute(database, "update users set name = 'new' where id = 1");
      assertThat(slow.list(1)).containsExactly("new");
      written.countDown();
      assertThat(old.get()).containsExactly("user 1");
      assertThat(cache.stats().shared()).isZero();
      assertThat(slow.list(1)).containsExactly("new");
    } finally {
      written.countDown();
      thread.shutdown();
      assertThat(thread.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static void await(CountDownLatch latch) {
    Await.until("it is time", Duration.ofSeconds(30), () -> latch.getCount() == 0);
  }

  @Test
  void aConnectionThatIsToldAnotherSchemaTurnsItOff() throws SQLException {
    List<String> warm = names.list(2);
    try (Connection connection = database.getConnection()) {
      connection.setSchema("public");
    }
    assertThat(names.list(2)).isEqualTo(warm);
    assertThat(cache.stats().hits()).isZero();
  }

  @Test
  void everybodyAsksWhenTheLoadFails() throws SQLException {
    CachedQuery<Integer> failing = cache.query("select id / ? from users", row -> row.getInt(1));
    assertThatThrownBy(() -> failing.list(0)).isInstanceOf(SQLException.class);
    assertThat(failing.list(1)).hasSize(5);
    assertThat(failing.list(1)).hasSize(5);
    assertThat(cache.stats().hits()).isEqualTo(1);
  }

  @Test
  void clearEndsEverythingAndRowsAreBounded() throws SQLException {
    List<String> warm = names.list(2);
    execute(plain, "update users set name = 'outside'");
    assertThat(names.list(2)).as("not seen before its time is over").isEqualTo(warm);
    cache.clear();
    assertThat(names.list(2)).containsExactly("outside", "outside");

    QueryMonitor small = QueryMonitor.create();
    QueryCache few = QueryCache.of(small.wrap(plain), QueryCacheConfig.defaults().withMaxRows(3));
    CachedQuery<String> all = few.query(SQL, row -> row.getString(2));
    assertThat(all.list(9)).isEqualTo(all.list(9));
    assertThat(few.stats().loads()).as("five rows are more than three").isEqualTo(2);
    small.close();
  }

  @Test
  void isMadeBeforeTheFirstConnectionAndOnceOnPostgres() throws SQLException {
    assertThatThrownBy(() -> QueryCache.of(database, QueryCacheConfig.defaults()))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> QueryCache.of(plain, QueryCacheConfig.defaults()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(expected: a monitored one)");
    try (QueryMonitor late = QueryMonitor.create();
        Connection borrowed = late.wrap(plain).getConnection()) {
      assertThatThrownBy(() -> QueryCache.of(late.wrap(plain), QueryCacheConfig.defaults()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("connections borrowed: 1");
      assertThat(borrowed.isValid(5)).isTrue();
    }
    try (QueryMonitor other = QueryMonitor.create()) {
      JdbcDataSource h2 = new JdbcDataSource();
      h2.setURL("jdbc:h2:mem:cache");
      assertThatThrownBy(() -> QueryCache.of(other.wrap(h2), QueryCacheConfig.defaults()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("H2 (expected: PostgreSQL)");
    }
  }

  @Test
  void settingsKeepTheirRules() {
    QueryCacheConfig config = QueryCacheConfig.defaults();
    assertThatThrownBy(() -> config.withMaxRows(0)).hasMessage("maxRows: 0 (expected: >= 1)");
    assertThatThrownBy(() -> config.withTtl(Duration.ZERO)).hasMessageStartingWith("ttl: PT0S");
    assertThatThrownBy(() -> config.withMaxWait(Duration.ofMillis(-1)))
        .hasMessageStartingWith("maxWait: PT-0.001S");
  }
}
