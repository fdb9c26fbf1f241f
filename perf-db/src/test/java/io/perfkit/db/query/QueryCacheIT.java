package io.perfkit.db.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.perfkit.testing.Await;
import io.perfkit.testing.FakeClock;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
    cache = QueryCache.create(database);
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
  void aConnectionThatDiffersIsNotKeptFromAndTheCacheComesBack() throws SQLException {
    try (HikariDataSource pool = onlyOne();
        QueryMonitor own = QueryMonitor.create()) {
      DataSource one = own.wrap(pool);
      QueryCache ofOne = QueryCache.create(one);
      CachedQuery<String> all = ofOne.query(SQL, row -> row.getString(2));
      for (String set :
          List.of(
              "set search_path = elsewhere, public",
              "set role pg_read_all_data",
              "set time zone 'Asia/Tokyo'",
              "select set_config('datestyle', 'ISO, DMY', false)")) {
        execute(one, set);
        long hits = ofOne.stats().hits();
        ofOne.clear();
        for (int i = 0; i < 2; i++) {
          assertThat(all.list(2)).as(set).hasSize(2);
        }
        assertThat(ofOne.stats().hits()).as(set).isEqualTo(hits);
        assertThat(ofOne.health().healthy()).isTrue();
        assertThat(ofOne.health().differing()).isEqualTo(1);
        assertThat(ofOne.health().lastSetting().orElseThrow())
            .contains(set.substring(0, 3))
            .contains("QueryCacheIT.execute:");

        execute(one, "reset all", "reset role", "set session authorization default");
        for (int i = 0; i < 2; i++) {
          assertThat(all.list(2)).as(set).hasSize(2);
        }
        assertThat(ofOne.stats().hits()).as(set).isEqualTo(hits + 1);
        assertThat(ofOne.health().differing()).isZero();
      }
    }
  }

  @Test
  void aSettingThatIsRolledBackOrOfOneTransactionEndsNothing() throws SQLException {
    try (HikariDataSource pool = onlyOne();
        QueryMonitor own = QueryMonitor.create()) {
      DataSource one = own.wrap(pool);
      QueryCache ofOne = QueryCache.create(one);
      CachedQuery<String> all = ofOne.query(SQL, row -> row.getString(2));
      try (Connection connection = one.getConnection();
          Statement statement = connection.createStatement()) {
        connection.setAutoCommit(false);
        statement.execute("set role pg_read_all_data");
        connection.rollback();
        statement.execute("set local role pg_read_all_data");
        connection.commit();
      }
      for (int i = 0; i < 2; i++) {
        assertThat(all.list(2)).hasSize(2);
      }
      assertThat(ofOne.stats().hits()).isEqualTo(1);
      assertThat(ofOne.health().differing()).isZero();
    }
  }

  private HikariDataSource onlyOne() {
    HikariConfig config = new HikariConfig();
    config.setDataSource(plain);
    config.setMaximumPoolSize(1);
    return new HikariDataSource(config);
  }

  /** What a statement writes beside what its text names. */
  @Test
  void hiddenWritesEndWhatTheyChange() throws SQLException {
    execute(
        plain,
        "create table counter (n int)",
        "insert into counter values (0)",
        "create function next_number() returns int language sql volatile as"
            + " 'update counter set n = n + 1 returning n'",
        "create function noted(i int) returns boolean language sql volatile as"
            + " 'update counter set n = n + 1 returning true'",
        "create domain noted_int as int check (noted(value))",
        "create function writing_plus(point, int) returns int language sql volatile as"
            + " 'update counter set n = n + 1 returning n'",
        "create operator ### (leftarg = point, rightarg = int, function = writing_plus)",
        "create function counting(int, int) returns int language plpgsql volatile as"
            + " 'begin update counter set n = n + 1; return $1 + $2; end'",
        "create aggregate adding(int) (sfunc = counting, stype = int, initcond = '0')",
        "create table numbered (id int default next_number(), x int)",
        "create table checked (x int check (noted(x)))",
        "create table of_domain (x noted_int)",
        "create table of_domains (x noted_int[])",
        "create table plain_one (x int)",
        "create rule counts as on insert to plain_one do also update counter set n = n + 1",
        "create table triggered (x int)",
        "create function on_insert() returns trigger language plpgsql as"
            + " 'begin update counter set n = n + 1; return new; end'",
        "create trigger t after insert on triggered execute function on_insert()",
        "create table \"Data\" (x int)",
        "create view numbered_view as select * from numbered");
    try (QueryMonitor own = QueryMonitor.create()) {
      DataSource through = own.wrap(plain);
      QueryCache fresh = QueryCache.create(through);
      CachedQuery<Integer> counter =
          fresh.query("select n from counter where n >= ?", row -> row.getInt(1));
      CachedQuery<Integer> data = fresh.query("select x from \"Data\"", row -> row.getInt(1));
      CachedQuery<Integer> bets =
          fresh.query("select count(*) from bets where id > ?", row -> row.getInt(1));
      assertThat(bets.list(0)).containsExactly(5);
      for (String sql :
          List.of(
              "insert into numbered (x) values (1)",
              "insert into numbered_view (x) values (1)",
              "insert into checked values (1)",
              "insert into of_domain values (1)",
              "insert into of_domains values ('{1}')",
              "select point(1, 2) ### 3",
              "select adding(1)",
              "select next_number()",
              "insert into plain_one values (1)",
              "insert into triggered values (1)",
              "do 'begin perform next_number(); end'",
              "update U&\"c\\006funter\" set n = n + 1",
              "update U&\"c!006funter\" uescape '!' set n = n + 1",
              "explain analyze update counter set n = n + 1",
              "with w as (update counter set n = n + 1 returning 1) select * from w")) {
        List<Integer> before = counter.list(0);
        assertThat(counter.list(0)).isEqualTo(before);
        execute(through, sql);
        assertThat(counter.list(0)).as(sql).isNotEqualTo(before);
      }
      assertThat(data.list()).isEmpty();
      execute(through, "insert into \"Data\" values (1)");
      assertThat(data.list()).hasSize(1);
      execute(plain, "alter table bets drop constraint bets_user_id_fkey");
      execute(plain, "alter table bets add foreign key (user_id) references users");
    }
  }

  @Test
  void truncateCascadeEndsWhatRefersToItsTableWithoutAnAction() throws SQLException {
    execute(
        plain,
        "create table parents (id int primary key)",
        "create table children (id int primary key, parent int references parents)",
        "create table grandchildren (child int references children)",
        "insert into parents values (1)",
        "insert into children values (1, 1)",
        "insert into grandchildren values (1)");
    try (QueryMonitor own = QueryMonitor.create()) {
      DataSource through = own.wrap(plain);
      CachedQuery<Integer> count =
          QueryCache.create(through)
              .query("select count(*) from grandchildren", row -> row.getInt(1));
      assertThat(count.list()).containsExactly(1);
      execute(through, "truncate parents cascade");
      assertThat(count.list()).containsExactly(0);
    }
  }

  @Test
  void aChangeOfTheStructureByAnotherProcessIsKnownAfterTheTtl() throws SQLException {
    FakeClock clock = FakeClock.startingAt(Instant.EPOCH);
    try (QueryMonitor own = QueryMonitor.builder().nanos(clock.nanos()).build()) {
      DataSource through = own.wrap(plain);
      QueryCache fresh = QueryCache.create(through);
      CachedQuery<Integer> count = fresh.query("select count(*) from users", row -> row.getInt(1));
      CachedQuery<Integer> other = fresh.query("select count(*) from other", row -> row.getInt(1));
      assertThat(count.list()).containsExactly(5);
      execute(
          plain, // not through the monitor
          "create function copy() returns trigger language plpgsql as"
              + " 'begin insert into users values (new.id, null); return new; end'",
          "create trigger copying after insert on other for each row execute function copy()");
      clock.advance(Duration.ofMinutes(2));
      assertThat(other.list()).containsExactly(0);
      assertThat(count.list()).containsExactly(5);
      execute(through, "insert into other values (77)");
      assertThat(count.list()).containsExactly(6);
    }
  }

  @Test
  void aWordInsideANameIsNoTimeAndReasonsAreReadable() throws SQLException {
    execute(plain, "create table topics (id int, known boolean)");
    execute(database, "create table again (id int)"); // so that the catalog is read again
    assertThat(reason("select id as nowadays from topics where known /* now */")).isEmpty();
    assertThat(reason("select id from topics where known and 'now' = 'now'"))
        .contains("a text such as 'today'");
    assertThat(reason("select e'n\\x6fw' from topics")).isPresent();
    assertThat(reason("select * from users for update")).contains("for: it may lock rows");
    assertThat(reason("select current_date from users"))
        .contains("current_date: differs from call to call");
    assertThat(reason("select * from everyone")).contains("everyone: no plain table");
    assertThat(reason("select rename() from users"))
        .contains("rename: a function that may give another result");
  }

  private Optional<String> reason(String sql) throws SQLException {
    return cache.query(sql, row -> row.getString(1)).uncacheable();
  }

  @Test
  void aDisabledOneAsksEachTime() throws SQLException {
    QueryCache off = QueryCache.disabled(plain);
    CachedQuery<String> all = off.query(SQL, row -> row.getString(2));
    assertThat(all.list(2)).isEqualTo(all.list(2)).hasSize(2);
    assertThat(off.stats()).isEqualTo(new QueryCacheStats(0, 0, 0, 2));
    assertThat(all.uncacheable()).contains("the cache is disabled");
    assertThat(off.health().healthy()).isFalse();
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
                  "the others wait", Duration.ofSeconds(30), () -> cache.stats().shared() == 3);
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
      assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
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
      assertThat(thread.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static void await(CountDownLatch latch) {
    Await.until("it is time", Duration.ofSeconds(30), () -> latch.getCount() == 0);
  }

  @Test
  void aConnectionThatIsToldAnotherSchemaDiffersAndOthersDoNot() throws SQLException {
    List<String> warm = names.list(2);
    try (Connection connection = database.getConnection()) {
      connection.setSchema("public");
      assertThat(cache.health().differing()).isEqualTo(1);
    }
    assertThat(names.list(2)).isEqualTo(warm);
    assertThat(cache.stats().hits()).isEqualTo(1);
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
    QueryCache few =
        QueryCache.builder(small.wrap(plain))
            .config(QueryCacheConfig.builder().maxRows(3).build())
            .build();
    CachedQuery<String> all = few.query(SQL, row -> row.getString(2));
    assertThat(all.list(9)).isEqualTo(all.list(9));
    assertThat(few.stats().loads()).as("five rows are more than three").isEqualTo(2);
    small.close();
  }

  @Test
  void isMadeBeforeTheFirstConnectionAndOnceOnPostgres() throws SQLException {
    assertThatThrownBy(() -> QueryCache.create(database)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> QueryCache.create(plain))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected: one that a QueryMonitor wrapped");
    try (QueryMonitor late = QueryMonitor.create();
        Connection borrowed = late.wrap(plain).getConnection()) {
      assertThatThrownBy(() -> QueryCache.create(late.wrap(plain)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("connections borrowed: 1");
      assertThat(borrowed.isValid(5)).isTrue();
    }
    try (QueryMonitor other = QueryMonitor.create()) {
      JdbcDataSource h2 = new JdbcDataSource();
      h2.setURL("jdbc:h2:mem:cache");
      assertThatThrownBy(() -> QueryCache.create(other.wrap(h2)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("H2 (expected: PostgreSQL)");
    }
  }

  @Test
  void settingsKeepTheirRules() {
    assertThatThrownBy(() -> QueryCacheConfig.builder().maxRows(0).build())
        .hasMessage("maxRows: 0 (expected: >= 1)");
    assertThatThrownBy(() -> QueryCacheConfig.builder().ttl(Duration.ZERO).build())
        .hasMessageStartingWith("ttl: PT0S");
    assertThatThrownBy(() -> QueryCacheConfig.builder().maxWait(Duration.ofMillis(-1)).build())
        .hasMessageStartingWith("maxWait: PT-0.001S");
  }
}
