package io.perfkit.db.batch;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.TreeMap;
import javax.sql.DataSource;

/** What the tests write. A negative stake is refused by the table. */
record Bet(long id, String market, BigDecimal stake) {
  static final BatchTable<Bet> TABLE = BatchTable.of("bets", Bet.class, "id");

  static Bet of(long id, String market) {
    return new Bet(id, market, BigDecimal.ONE);
  }

  static Bet poison(long id) {
    return new Bet(id, "poison", BigDecimal.ONE.negate());
  }

  static void createTable(DataSource dataSource) {
    execute(dataSource, "DROP TABLE IF EXISTS bets");
    execute(
        dataSource,
        "CREATE TABLE bets (id bigint PRIMARY KEY, market varchar(20),"
            + " stake numeric(12, 2) CHECK (stake >= 0))");
  }

  static void execute(DataSource dataSource, String sql) {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException failed) {
      throw new IllegalStateException(sql, failed);
    }
  }

  /** The market of each id in the table. */
  static Map<Long, String> inTable(DataSource dataSource) {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT id, market FROM bets")) {
      Map<Long, String> found = new TreeMap<>();
      while (rows.next()) {
        found.put(rows.getLong(1), rows.getString(2));
      }
      return found;
    } catch (SQLException failed) {
      throw new IllegalStateException("reading bets", failed);
    }
  }
}
