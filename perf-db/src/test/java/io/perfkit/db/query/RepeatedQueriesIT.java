package io.perfkit.db.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@RealPostgres
final class RepeatedQueriesIT {
  private static final String USER = "SELECT id, name FROM users WHERE id = ?";
  private static final String BETS = "SELECT id, user_id FROM bets ORDER BY id LIMIT ?";

  private final DataSource plain;
  private final Queue<String> lines = new ConcurrentLinkedQueue<>();
  private final QueryMonitor monitor;
  private final DataSource database;

  RepeatedQueriesIT(TestDatabase server) throws SQLException {
    plain = server.dataSource();
    monitor =
        QueryMonitor.builder()
            .config(QueryMonitorConfig.builder().logSlow(false).build())
            .log(
                new QueryLog() {
                  @Override
                  void warn(String line) {
                    lines.add(line);
                  }
                })
            .build();
    database = monitor.wrap(plain);
  }

  @BeforeEach
  void fill() throws SQLException {
    try (Connection connection = plain.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("create table if not exists users (id int primary key, name text)");
      statement.execute("create table if not exists bets (id int primary key, user_id int)");
      statement.execute("truncate users, bets");
      statement.execute("insert into users select i, 'user ' || i from generate_series(1, 50) i");
      statement.execute("insert into bets select i, 1 + i % 50 from generate_series(1, 100) i");
    }
  }

  @AfterEach
  void close() {
    monitor.close();
  }

  private static List<Integer> bettors(Connection connection, int count) throws SQLException {
    List<Integer> users = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(BETS)) {
      select.setInt(1, count);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          users.add(rows.getInt(2));
        }
      }
    }
    return users;
  }

  private static String name(Connection connection, int id) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(USER)) {
      select.setInt(1, id);
      try (ResultSet rows = select.executeQuery()) {
        return rows.next() ? rows.getString(2) : "";
      }
    }
  }

  private RepeatedQuery only() {
    assertThat(monitor.repeatedQueries()).hasSize(1);
    return monitor.repeatedQueries().get(0);
  }

  private void page() throws SQLException {
    try (Connection connection = database.getConnection()) {
      for (int user : bettors(connection, 20)) {
        assertThat(name(connection, user)).isNotEmpty();
      }
    }
  }

  @Test
  void findsOneQueryForEachRowOfAnotherAndTellsOnceHowToAskInstead() throws SQLException {
    for (int i = 0; i < 2; i++) {
      page();
    }

    RepeatedQuery found = only();
    assertThat(found.kind()).isEqualTo(RepeatedQuery.Kind.N_PLUS_ONE);
    assertThat(found.fingerprint()).isEqualTo("select id, name from users where id = ?");
    assertThat(found.parent()).contains("select id, user_id from bets order by id limit ?");
    assertThat(found.rewritten()).contains("select id, name from users where id = any(?)");
    assertThat(found.scopes()).isEqualTo(2);
    assertThat(found.most()).isEqualTo(20);
    assertThat(found.cost()).isPositive();
    assertThat(found.callPath())
        .contains("RepeatedQueriesIT.name:")
        .contains(" < ")
        .contains(".page:");
    assertThat(lines).singleElement().asString().startsWith("n+1: up to 20 times in 1 scopes");
  }

  @Test
  void findsItWhileTheRowsOfTheParentAreRead() throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement select = connection.prepareStatement(BETS)) {
      select.setInt(1, 10);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          assertThat(name(connection, rows.getInt(2))).isNotEmpty();
        }
      }
    }
    assertThat(only().parent()).contains("select id, user_id from bets order by id limit ?");
  }

  @Test
  void findsTheParentThoughAnotherPlaceAskedTheQueryBeforeIt() throws SQLException {
    try (Connection connection = database.getConnection()) {
      assertThat(name(connection, 50)).isEqualTo("user 50");
      for (int user : bettors(connection, 10)) {
        assertThat(name(connection, user)).isNotEmpty();
      }
    }
    assertThat(only().parent()).contains("select id, user_id from bets order by id limit ?");
  }

  @Test
  void aTransactionIsAScope() throws SQLException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      for (int i = 1; i <= 10; i++) {
        String unused = name(connection, i);
        if (i == 4 || i == 8) {
          connection.commit();
        }
      }
      assertThat(monitor.repeatedQueries()).isEmpty();
      for (int i = 1; i <= 4; i++) {
        String unused = name(connection, i);
      }
      connection.rollback();
      assertThat(monitor.repeatedQueries()).as("2 and 4 from two loops").isEmpty();
      for (int i = 1; i <= 6; i++) {
        String unused = name(connection, i);
      }
      connection.rollback();
      assertThat(only().most()).isEqualTo(6);
    }
  }

  @Test
  void aUnitOfWorkSpansConnections() throws SQLException {
    try (UnitOfWork work = monitor.unitOfWork()) {
      for (int i = 1; i <= 6; i++) {
        try (UnitOfWork inner = monitor.unitOfWork()) {
          assertThat(inner).isNotSameAs(work);
        }
        try (Connection connection = database.getConnection()) {
          assertThat(name(connection, i)).isNotEmpty();
        }
      }
      assertThat(monitor.repeatedQueries()).as("not ended yet").isEmpty();
    }
    assertThat(only().most()).isEqualTo(6);
  }

  @Test
  void theSameParametersAgainAreCacheableAndNoNPlusOne() throws SQLException {
    try (Connection connection = database.getConnection()) {
      for (int i = 0; i < 6; i++) {
        assertThat(name(connection, 7)).isEqualTo("user 7");
      }
    }
    assertThat(only().kind()).isEqualTo(RepeatedQuery.Kind.CACHEABLE);
    assertThat(only().rewritten()).isEmpty();
  }

  @Test
  void theSameParametersOfOneStatementAreCacheable() throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement select = connection.prepareStatement(USER)) {
      for (int i = 0; i < 6; i++) {
        select.setInt(1, 7);
        select.executeQuery().close();
      }
    }
    assertThat(only().kind()).isEqualTo(RepeatedQuery.Kind.CACHEABLE);
  }

  @Test
  void borrowedConnectionsAreScopesOfTheirOwn() throws SQLException {
    try (Connection one = database.getConnection();
        Connection other = database.getConnection()) {
      for (int i = 1; i <= 8; i++) {
        assertThat(name(i % 2 == 0 ? one : other, i)).isNotEmpty();
      }
    }
    assertThat(monitor.repeatedQueries()).as("four on each").isEmpty();
  }

  @Test
  void literalsCountAsParameters() throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      for (int i = 1; i <= 6; i++) {
        statement.executeQuery("select name from users where id = " + i).close();
      }
    }
    assertThat(only().kind()).isEqualTo(RepeatedQuery.Kind.N_PLUS_ONE);
    assertThat(only().rewritten()).contains("select id, name from users where id = any(?)");
  }

  @Test
  void callsFromOtherLinesAreNoLoop() throws SQLException {
    try (Connection connection = database.getConnection()) {
      String names =
          name(connection, 1)
              + name(connection, 2)
              + name(connection, 3)
              + name(connection, 4)
              + name(connection, 5)
              + name(connection, 6);
      assertThat(names).isNotEmpty();
    }
    assertThat(monitor.repeatedQueries()).isEmpty();
  }

  @Test
  void pagesPortionsAndFewerAreNone() throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement page =
            connection.prepareStatement("select id from bets where id > ? order by id limit 10");
        PreparedStatement offset =
            connection.prepareStatement("select id from bets where user_id = ? offset ?");
        PreparedStatement portion =
            connection.prepareStatement("select id from bets where user_id = any(?)")) {
      for (int i = 1; i <= 8; i++) {
        page.setInt(1, i * 10);
        page.executeQuery().close();
        offset.setInt(1, i);
        offset.setInt(2, i);
        offset.executeQuery().close();
        portion.setArray(1, connection.createArrayOf("int", new Integer[] {i, i + 1}));
        portion.executeQuery().close();
      }
      for (int i = 0; i < 4; i++) {
        String unused = name(connection, i);
      }
    }
    assertThat(monitor.repeatedQueries()).isEmpty();
  }

  @Test
  void loopsOfWritesOfOneRowAreToldAndBatchesAreNot() throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement update =
            connection.prepareStatement("update users set name = 'x' where id = ?");
        PreparedStatement insert = connection.prepareStatement("insert into bets values (?, 1)");
        PreparedStatement batch = connection.prepareStatement("insert into bets values (?, 2)");
        PreparedStatement rows =
            connection.prepareStatement("insert into bets values (?, 3), (?, 3), (?, 4)")) {
      for (int i = 1; i <= 8; i++) {
        update.setInt(1, i);
        assertThat(update.executeUpdate()).isEqualTo(1);
        insert.setInt(1, 1_000 + i);
        assertThat(insert.executeUpdate()).isEqualTo(1);
        for (int j = 0; j < 3; j++) {
          batch.setInt(1, 2_000 + 10 * i + j);
          batch.addBatch();
          rows.setInt(1 + j, 3_000 + 10 * i + j);
        }
        assertThat(batch.executeBatch()).hasSize(3);
        assertThat(rows.executeUpdate()).isEqualTo(3);
      }
    }
    assertThat(monitor.repeatedQueries())
        .extracting(RepeatedQuery::kind)
        .containsOnly(RepeatedQuery.Kind.SINGLE_WRITES);
    assertThat(monitor.repeatedQueries())
        .extracting(RepeatedQuery::fingerprint)
        .contains("update users set name = ? where id = ?");
  }

  @Test
  void placesThatAlternateAreToldEachWithItsOwnNumbers() throws SQLException {
    try (Connection connection = database.getConnection()) {
      for (int i = 0; i < 120; i++) {
        assertThat(name(connection, 1 + i % 50)).isNotEmpty(); // the author
        assertThat(name(connection, 1 + (i + 7) % 50)).isNotEmpty(); // the editor
      }
    }
    assertThat(monitor.repeatedQueries())
        .hasSize(2)
        .allMatch(found -> found.kind() == RepeatedQuery.Kind.N_PLUS_ONE)
        .allMatch(found -> found.most() == 120);
    assertThat(monitor.repeatedQueries().get(0).callPath())
        .isNotEqualTo(monitor.repeatedQueries().get(1).callPath());
  }

  @Test
  void aLongLoopIsToldWithAboutItsLength() throws SQLException {
    try (Connection connection = database.getConnection()) {
      for (int i = 0; i < 2_000; i++) {
        assertThat(name(connection, 1 + i % 50)).isNotEmpty();
      }
    }
    assertThat(only().most()).isBetween(1_700, 2_000);
  }

  /** Of the kinds that programs of other people showed. */
  @Test
  void findsLookupsInEveryForm() throws SQLException {
    for (String sql :
        List.of(
            "select name from users where id = ?",
            "select name from users where ? = id",
            "select name from users where ?::int = id",
            "select name from users where id = cast(? as int)",
            "select name from users where id = ? and name > 'a'",
            "select name from users where id = ? and id between 1 and 1000",
            "select id from users where lower(name) = 'user ' || ?::text",
            "select id from users where lower(name) = lower(?::text)",
            "select name from users where id in (?)",
            "select name from users where (id, 1) = (?, 1)",
            "with u as (select * from users where id = ?) select name from u",
            "select exists (select from bets where user_id = ?)",
            "select id from bets where user_id = ? order by id desc limit 1")) {
      try (QueryMonitor own = QueryMonitor.builder().log(new QueryLog()).build()) {
        try (Connection connection = own.wrap(plain).getConnection()) {
          for (int i = 1; i <= 6; i++) {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
              select.setInt(1, i);
              select.executeQuery().close();
            }
          }
        }
        assertThat(own.repeatedQueries())
            .as(sql)
            .singleElement()
            .matches(found -> found.kind() == RepeatedQuery.Kind.N_PLUS_ONE);
      }
    }
  }

  @Test
  void whatMustNotBeKeptIsNeverCalledCacheable() throws SQLException {
    try (Connection connection = plain.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("create sequence if not exists numbers");
      statement.execute(
          "create or replace function roll() returns int language sql volatile as 'select 4'");
    }
    for (String sql :
        List.of(
            "select nextval('numbers')",
            "select roll()",
            "select now()",
            "select current_timestamp",
            "select random()",
            "select * from users where id = 1 for update",
            "select pg_advisory_xact_lock(1)",
            "select set_config('app.user', 'me', false)")) {
      try (Connection connection = database.getConnection()) {
        for (int i = 1; i <= 6; i++) {
          try (Statement select = connection.createStatement()) {
            assertThat(select.execute(sql)).isTrue();
          }
        }
      }
      assertThat(monitor.repeatedQueries()).as(sql).isEmpty();
    }
  }

  /** What is proposed gives each key what the single query gave; else nothing is proposed. */
  @Test
  void proposalsAreRightOrAbsent() throws SQLException {
    Map<String, Boolean> proposed = new LinkedHashMap<>();
    proposed.put("select id, name from users where id = ?", true);
    proposed.put("select name from users where id = ?", true);
    proposed.put("select * from users where ? = id", true);
    proposed.put(
        "select u.name, b.id from users u join bets b on b.user_id = u.id where u.id = ?", true);
    proposed.put(
        "select u.name, (select count(*) from bets b where b.user_id = u.id) n from users u where u.id = ?",
        true);
    proposed.put("select upper(name) from users where id = ?", true);
    proposed.put("select count(*) from bets where user_id = ?", false);
    proposed.put("select max(id) from bets where user_id = ?", false);
    proposed.put("select coalesce(sum(id), 0) from bets where user_id = ?", false);
    proposed.put("select array_agg(id) from bets where user_id = ?", false);
    proposed.put("select json_agg(b) from bets b where user_id = ?", false);
    proposed.put("select id, rank() over (order by id) from bets where user_id = ?", false);
    proposed.put("select sum(id) over () from bets where user_id = ?", false);
    proposed.put("select distinct name from users where id = ?", false);
    proposed.put("select id from bets where user_id = ? order by id", false);
    proposed.put("select id from bets where user_id = ? limit 3", false);
    proposed.put("select id from bets where user_id = ? or id = 1", false);
    try (Connection connection = plain.getConnection()) {
      for (Map.Entry<String, Boolean> entry : proposed.entrySet()) {
        Optional<String> many = BatchRewrite.of(Fingerprint.of(entry.getKey()).text());
        assertThat(many.isPresent()).as(entry.getKey()).isEqualTo(entry.getValue());
        if (many.isPresent()) {
          assertThat(rowsOfMany(connection, many.get()))
              .as(entry.getKey())
              .containsExactlyInAnyOrderElementsOf(rowsOfEach(connection, entry.getKey()));
        }
      }
    }
  }

  private static List<String> rowsOfEach(Connection connection, String sql) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      for (int key = 0; key <= 51; key++) {
        select.setInt(1, key);
        readLast(select, rows);
      }
    }
    return rows;
  }

  private static List<String> rowsOfMany(Connection connection, String sql) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      Integer[] keys = new Integer[52];
      Arrays.setAll(keys, i -> i);
      select.setArray(1, connection.createArrayOf("int", keys));
      readLast(select, rows);
    }
    return rows;
  }

  /** The last column, which both statements have. */
  private static void readLast(PreparedStatement select, List<String> rows) throws SQLException {
    try (ResultSet result = select.executeQuery()) {
      while (result.next()) {
        rows.add(result.getString(result.getMetaData().getColumnCount()));
      }
    }
  }

  @Test
  void aUnitOfWorkCountsItsStatementsByKind() throws SQLException {
    try (UnitOfWork work = monitor.unitOfWork();
        Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      assertThat(name(connection, 1)).isNotEmpty();
      assertThat(name(connection, 2)).isNotEmpty();
      assertThat(statement.executeUpdate("update users set name = 'x' where id = 3")).isEqualTo(1);
      assertThatThrownBy(() -> statement.execute("select nothing from users"))
          .isInstanceOf(SQLException.class);
      assertThat(work.executions(Operation.SELECT)).isEqualTo(3);
      assertThat(work.executions(Operation.UPDATE)).isEqualTo(1);
      assertThat(work.executions()).isEqualTo(4);
    }
  }

  @Test
  void aScopeOfManyQueriesIsBounded() throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      for (int i = 1; i <= 300; i++) {
        statement.executeQuery("select name as n" + i + " from users where id = 1").close();
      }
      for (int i = 1; i <= 6; i++) {
        statement.executeQuery("select name as n1 from users where id = " + i).close();
      }
    }
    assertThat(only().most()).isEqualTo(7);
  }

  @Test
  void looksForNothingIfItIsSwitchedOff() throws SQLException {
    try (QueryMonitor off =
        QueryMonitor.builder().config(QueryMonitorConfig.builder().minRepeats(0).build()).build()) {
      try (Connection connection = off.wrap(plain).getConnection()) {
        for (int i = 1; i <= 20; i++) {
          assertThat(name(connection, i)).isNotEmpty();
        }
      }
      assertThat(off.repeatedQueries()).isEmpty();
    }
  }

  @Test
  void rewritesAggregatesByKeyAndLeavesWhatItDoesNotKnow() {
    assertThat(BatchRewrite.of("select * from bets where user_id = ?"))
        .contains("select * from bets where user_id = any(?)");
    assertThat(BatchRewrite.of("select id from bets where user_id = ? limit ?")).isEmpty();
    assertThat(BatchRewrite.of("select id from bets where user_id = ? and side = ?")).isEmpty();
    assertThat(BatchRewrite.of("update bets set side = ? where user_id = ?")).isEmpty();
  }

  @Test
  void aBatchLoaderAsksOnceForAllKeys() throws SQLException {
    BatchLoader<Integer, String> names =
        BatchLoader.of(
            "select id, name from users where id = any(?)",
            "int",
            row -> row.getInt(1),
            row -> row.getString(2));
    try (Connection connection = database.getConnection()) {
      BatchLoader.Unit<Integer, String> unit = names.on(connection);
      List<BatchLoader.Deferred<Integer, String>> later = new ArrayList<>();
      for (int user : bettors(connection, 60)) {
        later.add(unit.defer(user));
      }
      later.add(unit.defer(4711));
      for (int i = 0; i < 60; i++) {
        assertThat(later.get(i).get()).isPresent();
      }
      assertThat(later.get(60).get()).isEmpty();
      assertThat(unit.all(List.of(1, 2, 4711))).containsOnlyKeys(1, 2);
      assertThat(unit.defer(3).get()).contains("user 3");
    }
    assertThat(monitor.stats().calls()).isEqualTo(2);
    assertThat(monitor.repeatedQueries()).isEmpty();
  }

  @Test
  void aBatchLoadersKeysAreEqualAsTheDatabaseSays() throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("create table prices (price numeric primary key, code char(3), name text)");
      statement.execute("insert into prices values (1.50, 'US', 'one'), (2, 'DE', 'two')");
      BatchLoader.Unit<BigDecimal, String> byPrice =
          BatchLoader.<BigDecimal, String>of(
                  "select price, name from prices where price = any(?)",
                  "numeric",
                  row -> row.getBigDecimal(1),
                  row -> row.getString(2))
              .on(connection);
      assertThat(byPrice.defer(new BigDecimal("1.5")).get()).contains("one");
      assertThat(byPrice.all(List.of(new BigDecimal("1.500"), new BigDecimal("2.0")))).hasSize(2);

      BatchLoader.Unit<String, String> byCode =
          BatchLoader.<String, String>of(
                  "select code, name from prices where code = any(?)",
                  "bpchar",
                  row -> row.getString(1),
                  row -> row.getString(2))
              .on(connection);
      assertThat(byCode.all(List.of("US", "DE "))).containsEntry("US", "one").hasSize(2);
    }
  }

  @Test
  void aBatchLoaderSplitsTooManyKeysAndKeepsThoseOfAStatementThatFailed() throws SQLException {
    BatchLoader<Integer, String> names =
        BatchLoader.of(
            "select id, name from users where id = any(?)",
            "int",
            row -> row.getInt(1),
            row -> row.getString(2));
    try (Connection connection = database.getConnection()) {
      BatchLoader.Unit<Integer, String> unit = names.on(connection);
      List<Integer> keys = new ArrayList<>();
      for (int i = 0; i < 10_001; i++) {
        keys.add(i);
      }
      assertThat(unit.all(keys)).hasSize(50);
      assertThat(monitor.stats().calls()).isEqualTo(2);

      BatchLoader.Unit<Integer, String> failing = names.on(connection);
      BatchLoader.Deferred<Integer, String> one = failing.defer(1);
      try (Statement statement = connection.createStatement()) {
        statement.execute("alter table users rename to gone");
        org.assertj.core.api.Assertions.assertThatThrownBy(one::get)
            .isInstanceOf(SQLException.class);
        statement.execute("alter table gone rename to users");
      }
      assertThat(one.get()).contains("user 1");
    }
  }
}
