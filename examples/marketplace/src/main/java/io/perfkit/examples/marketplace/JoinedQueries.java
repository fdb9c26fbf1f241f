package io.perfkit.examples.marketplace;

import static java.util.stream.Collectors.toMap;

import io.perfkit.examples.marketplace.Answers.BetPage;
import io.perfkit.examples.marketplace.Answers.BetView;
import io.perfkit.examples.marketplace.Answers.MarketBet;
import io.perfkit.examples.marketplace.Answers.MarketName;
import io.perfkit.examples.marketplace.Answers.MarketView;
import io.perfkit.examples.marketplace.Answers.Profile;
import io.perfkit.examples.marketplace.Answers.UserName;
import io.perfkit.examples.marketplace.Answers.UserPage;
import io.perfkit.examples.marketplace.Answers.UserView;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Loads each answer with one or two statements, however many rows it has. What is absent is {@code
 * null}, as a cache loader says it. Thread safe.
 */
final class JoinedQueries {
  private final DataSource database;

  JoinedQueries(DataSource database) {
    this.database = database;
  }

  /** Which markets a page shows. */
  record MarketIds(long total, List<Long> ids) {}

  /** The newest bets on a market. */
  record NewestBets(List<MarketBet> bets) {}

  /** The state of a history: it only ever grows at its head. */
  record BetsOfUser(long total, long lastBetId) {}

  private record NamedMarket(MarketName name, String status) {}

  MarketIds openMarkets(PageRequest page) {
    return Sql.read(
        database,
        connection -> {
          List<Long> ids =
              Sql.list(
                  connection,
                  """
                  SELECT id FROM markets WHERE status = 'OPEN'
                  ORDER BY closes_at, id LIMIT ? OFFSET ?
                  """,
                  rows -> rows.getLong("id"),
                  page.size(),
                  page.offset());
          long total =
              Sql.one(
                  connection,
                  "SELECT count(*) FROM markets WHERE status = 'OPEN'",
                  rows -> rows.getLong(1));
          return new MarketIds(total, ids);
        });
  }

  @Nullable MarketView market(long marketId) {
    return markets(List.of(marketId)).get(marketId);
  }

  /** Those of the markets that there are, with one statement for all. */
  Map<Long, MarketView> markets(Collection<Long> marketIds) {
    List<MarketView> markets =
        Sql.read(
            database,
            connection ->
                Sql.list(
                    connection,
                    """
                    SELECT m.id, m.question, m.category, m.status, m.closes_at,
                           m.creator_id, u.name AS creator_name, s.*
                    FROM markets m
                    JOIN users u ON u.id = m.creator_id
                    CROSS JOIN LATERAL (
                      SELECT count(*) AS bets, count(DISTINCT user_id) AS bettors,
                             coalesce(sum(stake_cents) FILTER (WHERE side = 'YES'), 0)::bigint
                               AS yes_cents,
                             coalesce(sum(stake_cents) FILTER (WHERE side = 'NO'), 0)::bigint
                               AS no_cents,
                             max(placed_at) AS last_bet_at
                      FROM bets WHERE market_id = m.id
                    ) s
                    WHERE m.id = ANY(?)
                    """,
                    JoinedQueries::marketView,
                    connection.createArrayOf("bigint", marketIds.toArray())));
    return markets.stream().collect(toMap(MarketView::id, market -> market));
  }

  NewestBets newestBets(long marketId) {
    return Sql.read(
        database,
        connection ->
            new NewestBets(
                Sql.list(
                    connection,
                    """
                    SELECT b.id, b.user_id, u.name AS user_name, b.side, b.stake_cents, b.placed_at
                    FROM bets b JOIN users u ON u.id = b.user_id
                    WHERE b.market_id = ? ORDER BY b.id DESC LIMIT ?
                    """,
                    JoinedQueries::marketBet,
                    marketId,
                    MarketService.NEWEST_BETS)));
  }

  @Nullable Profile profile(long userId) {
    return Sql.read(database, connection -> profile(connection, userId)).orElse(null);
  }

  private static Optional<Profile> profile(Connection connection, long userId) throws SQLException {
    List<BetView> newest =
        bets(connection, userId, Long.MAX_VALUE, new PageRequest(0, MarketService.NEWEST_BETS));
    return Sql.find(
        connection,
        """
        SELECT u.id, u.name, u.joined_at, u.balance_cents, b.bets, b.staked_cents,
               (SELECT count(*) FROM markets WHERE creator_id = u.id) AS markets_created
        FROM users u
        CROSS JOIN LATERAL (
          SELECT count(*) AS bets, coalesce(sum(stake_cents), 0)::bigint AS staked_cents
          FROM bets WHERE user_id = u.id
        ) b
        WHERE u.id = ?
        """,
        rows ->
            new Profile(
                rows.getLong("id"),
                rows.getString("name"),
                Sql.instant(rows, "joined_at"),
                rows.getLong("balance_cents"),
                rows.getLong("bets"),
                rows.getLong("staked_cents"),
                rows.getLong("markets_created"),
                newest),
        userId);
  }

  UserPage users(String prefix, PageRequest page) {
    return Sql.read(
        database,
        connection -> {
          List<UserView> users =
              Sql.list(
                  connection,
                  """
                  SELECT u.id, u.name, u.joined_at,
                         (SELECT count(*) FROM markets WHERE creator_id = u.id) AS markets_created
                  FROM users u WHERE lower(u.name) LIKE ?
                  ORDER BY lower(u.name) LIMIT ? OFFSET ?
                  """,
                  JoinedQueries::userView,
                  NamePrefix.like(prefix),
                  page.size(),
                  page.offset());
          long total =
              Sql.one(
                  connection,
                  "SELECT count(*) FROM users WHERE lower(name) LIKE ?",
                  rows -> rows.getLong(1),
                  NamePrefix.like(prefix));
          return new UserPage(page.page(), page.size(), total, users);
        });
  }

  @Nullable BetsOfUser betsOfUser(long userId) {
    Optional<BetsOfUser> state =
        Sql.read(
            database,
            connection ->
                Sql.find(
                    connection,
                    """
                    SELECT count(b.id) AS total, coalesce(max(b.id), 0) AS last_bet_id
                    FROM users u LEFT JOIN bets b ON b.user_id = u.id
                    WHERE u.id = ? GROUP BY u.id
                    """,
                    rows -> new BetsOfUser(rows.getLong("total"), rows.getLong("last_bet_id")),
                    userId));
    return state.orElse(null);
  }

  /** The page as it was when {@code state} was true. */
  BetPage bets(long userId, BetsOfUser state, PageRequest page) {
    List<BetView> bets =
        Sql.read(database, connection -> bets(connection, userId, state.lastBetId(), page));
    return new BetPage(page.page(), page.size(), state.total(), bets);
  }

  BetView place(BetOrder order) {
    return Sql.transaction(database, connection -> place(connection, order));
  }

  private static BetView place(Connection connection, BetOrder order) throws SQLException {
    NamedMarket market =
        Sql.find(
                connection,
                "SELECT id, question, status FROM markets WHERE id = ?",
                rows ->
                    new NamedMarket(
                        new MarketName(rows.getLong("id"), rows.getString("question")),
                        rows.getString("status")),
                order.marketId())
            .orElseThrow(() -> Rejected.noMarket(order.marketId()));
    if (!market.status().equals("OPEN")) {
      throw Rejected.closed(order.marketId());
    }
    int taken =
        Sql.update(
            connection,
            """
            UPDATE users SET balance_cents = balance_cents - ?
            WHERE id = ? AND balance_cents >= ?
            """,
            order.stakeCents(),
            order.userId(),
            order.stakeCents());
    if (taken == 0) {
      throw notTaken(connection, order);
    }
    return Sql.one(
        connection,
        """
        INSERT INTO bets (market_id, user_id, side, stake_cents, placed_at)
        VALUES (?, ?, ?, ?, clock_timestamp())
        RETURNING id, side, stake_cents, placed_at
        """,
        rows -> betView(rows, market.name()),
        order.marketId(),
        order.userId(),
        order.side().name(),
        order.stakeCents());
  }

  private static Rejected notTaken(Connection connection, BetOrder order) throws SQLException {
    boolean known =
        Sql.one(
            connection,
            "SELECT EXISTS (SELECT FROM users WHERE id = ?)",
            rows -> rows.getBoolean(1),
            order.userId());
    return known ? Rejected.balanceTooLow(order.stakeCents()) : Rejected.noUser(order.userId());
  }

  private static List<BetView> bets(
      Connection connection, long userId, long lastBetId, PageRequest page) throws SQLException {
    return Sql.list(
        connection,
        """
        SELECT b.id, b.market_id, m.question, b.side, b.stake_cents, b.placed_at
        FROM bets b JOIN markets m ON m.id = b.market_id
        WHERE b.user_id = ? AND b.id <= ? ORDER BY b.id DESC LIMIT ? OFFSET ?
        """,
        rows ->
            betView(rows, new MarketName(rows.getLong("market_id"), rows.getString("question"))),
        userId,
        lastBetId,
        page.size(),
        page.offset());
  }

  private static BetView betView(ResultSet rows, MarketName market) throws SQLException {
    return new BetView(
        rows.getLong("id"),
        market,
        rows.getString("side"),
        rows.getLong("stake_cents"),
        Sql.instant(rows, "placed_at"));
  }

  private static MarketView marketView(ResultSet rows) throws SQLException {
    return new MarketView(
        rows.getLong("id"),
        rows.getString("question"),
        rows.getString("category"),
        rows.getString("status"),
        Sql.instant(rows, "closes_at"),
        new UserName(rows.getLong("creator_id"), rows.getString("creator_name")),
        PlainSession.statistics(rows));
  }

  private static MarketBet marketBet(ResultSet rows) throws SQLException {
    return new MarketBet(
        rows.getLong("id"),
        new UserName(rows.getLong("user_id"), rows.getString("user_name")),
        rows.getString("side"),
        rows.getLong("stake_cents"),
        Sql.instant(rows, "placed_at"));
  }

  private static UserView userView(ResultSet rows) throws SQLException {
    return new UserView(
        rows.getLong("id"),
        rows.getString("name"),
        Sql.instant(rows, "joined_at"),
        rows.getLong("markets_created"));
  }
}
