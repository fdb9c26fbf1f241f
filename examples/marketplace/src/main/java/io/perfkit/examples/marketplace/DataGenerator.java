package io.perfkit.examples.marketplace;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Fills the tables, from a fixed seed: the same rows at every call. Users and markets are not
 * equally busy; the busiest market holds about 1.6 % of the bets. One thread at a time.
 */
final class DataGenerator {
  private static final long SEED = 20_260_101;
  private static final double SKEW = 0.5;
  private static final long BALANCE_CENTS = 10_000_000;
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final List<String> CATEGORIES =
      List.of("climate", "culture", "economy", "politics", "science", "sport", "technology");

  private final Random random = new Random(SEED);
  private final DataSize size;

  DataGenerator(DataSize size) {
    this.size = size;
  }

  /** Inserts all rows into the tables on the search path, with one statement for each table. */
  void fill(Connection connection) throws SQLException {
    Zipf markets = new Zipf(size.markets(), SKEW);
    Zipf users = new Zipf(size.users(), SKEW);
    insert(
        connection,
        """
        INSERT INTO users (id, name, joined_at, balance_cents)
        SELECT * FROM unnest(?::bigint[], ?::text[], ?::timestamptz[], ?::bigint[])
        """,
        rows(size.users(), this::user));
    insert(
        connection,
        """
        INSERT INTO markets (id, creator_id, question, category, status, closes_at)
        SELECT * FROM unnest(
          ?::bigint[], ?::bigint[], ?::text[], ?::text[], ?::text[], ?::timestamptz[])
        """,
        rows(size.markets(), this::market));
    insert(
        connection,
        """
        INSERT INTO bets (id, market_id, user_id, side, stake_cents, placed_at)
        SELECT * FROM unnest(
          ?::bigint[], ?::bigint[], ?::bigint[], ?::text[], ?::bigint[], ?::timestamptz[])
        """,
        rows(size.bets(), id -> bet(id, markets.nextId(random), users.nextId(random))));
    for (String table : List.of("users", "markets", "bets")) {
      Sql.one(
          connection,
          """
          SELECT setval(pg_get_serial_sequence('%1$s', 'id'),
                        (SELECT coalesce(max(id), 0) + 1 FROM %1$s), false) AS next
          """
              .formatted(table),
          rows -> rows.getLong("next"));
    }
  }

  private List<Object> user(int id) {
    Instant joined = START.minus(Duration.ofMinutes(random.nextInt(500_000)));
    return List.of(id, "user-%05d".formatted(id), joined, BALANCE_CENTS);
  }

  private List<Object> market(int id) {
    String category = CATEGORIES.get(random.nextInt(CATEGORIES.size()));
    String status = random.nextInt(10) == 0 ? "CLOSED" : "OPEN";
    Instant closes = START.plus(Duration.ofMinutes(random.nextInt(500_000)));
    int creator = 1 + random.nextInt(size.users());
    String question = "Will event %04d in %s happen?".formatted(id, category);
    return List.of(id, creator, question, category, status, closes);
  }

  private List<Object> bet(int id, long market, long user) {
    Instant placed = START.plus(Duration.ofSeconds(10L * id));
    String side = random.nextInt(100) < 55 ? "YES" : "NO";
    return List.of(id, market, user, side, 100 + random.nextInt(10_000), placed);
  }

  private static List<List<Object>> rows(int count, IntFunction<List<Object>> row) {
    return IntStream.rangeClosed(1, count).mapToObj(row).toList();
  }

  private static void insert(Connection connection, String sql, List<List<Object>> rows)
      throws SQLException {
    if (rows.isEmpty()) {
      return;
    }
    Object[] columns = new Object[rows.get(0).size()];
    for (int i = 0; i < columns.length; i++) {
      int column = i;
      Object[] values = rows.stream().map(row -> row.get(column).toString()).toArray();
      columns[i] = connection.createArrayOf("text", values);
    }
    Sql.update(connection, sql, columns);
  }
}
