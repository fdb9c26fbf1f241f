package io.perfkit.examples.marketplace.load;

import io.perfkit.examples.marketplace.Schema;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where the money of all users is: in their balances and their stakes together, which no bet may
 * change. Immutable.
 */
record Ledger(Map<Long, Long> centsByUser) {
  static Ledger of(Connection connection) throws SQLException {
    Map<Long, Long> cents = new TreeMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                """
                SELECT u.id, u.balance_cents + coalesce(
                  (SELECT sum(stake_cents) FROM %1$s.bets WHERE user_id = u.id), 0) AS cents
                FROM %1$s.users u
                """
                    .formatted(Schema.NAME))) {
      while (rows.next()) {
        cents.put(rows.getLong("id"), rows.getLong("cents"));
      }
    }
    return new Ledger(cents);
  }
}
