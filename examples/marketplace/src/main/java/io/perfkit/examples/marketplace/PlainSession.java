package io.perfkit.examples.marketplace;

import io.perfkit.examples.marketplace.Answers.MarketName;
import io.perfkit.examples.marketplace.Answers.Statistics;
import io.perfkit.examples.marketplace.Answers.UserName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Loads entities as an object-relational mapper does: by id with one statement each, and none for
 * an entity that the request has already loaded. One thread at a time, for one request.
 */
final class PlainSession {
  private static final String MARKET = "id, creator_id, question, category, status, closes_at";
  private static final String USER = "id, name, joined_at, balance_cents";
  private static final String BET = "id, market_id, user_id, side, stake_cents, placed_at";

  private final Connection connection;
  private final Map<Long, User> users = new HashMap<>();
  private final Map<Long, Market> markets = new HashMap<>();

  PlainSession(Connection connection) {
    this.connection = connection;
  }

  record User(long id, String name, Instant joinedAt, long balanceCents) {
    UserName userName() {
      return new UserName(id, name);
    }
  }

  record Market(
      long id, long creatorId, String question, String category, String status, Instant closesAt) {
    MarketName marketName() {
      return new MarketName(id, question);
    }
  }

  record Bet(long id, long marketId, long userId, String side, long stakeCents, Instant placedAt) {}

  Optional<User> user(long userId) throws SQLException {
    User known = users.get(userId);
    if (known != null) {
      return Optional.of(known);
    }
    return Sql.find(connection, "SELECT " + USER + " FROM users WHERE id = ?", this::user, userId);
  }

  Optional<Market> market(long marketId) throws SQLException {
    Market known = markets.get(marketId);
    if (known != null) {
      return Optional.of(known);
    }
    return Sql.find(
        connection, "SELECT " + MARKET + " FROM markets WHERE id = ?", this::market, marketId);
  }

  long countOpenMarkets() throws SQLException {
    return count("SELECT count(*) FROM markets WHERE status = 'OPEN'");
  }

  List<Market> openMarkets(PageRequest page) throws SQLException {
    return Sql.list(
        connection,
        "SELECT "
            + MARKET
            + " FROM markets WHERE status = 'OPEN' ORDER BY closes_at, id LIMIT ? OFFSET ?",
        this::market,
        page.size(),
        page.offset());
  }

  Statistics statistics(long marketId) throws SQLException {
    return Sql.one(
        connection,
        """
        SELECT count(*) AS bets, count(DISTINCT user_id) AS bettors,
               coalesce(sum(stake_cents) FILTER (WHERE side = 'YES'), 0)::bigint AS yes_cents,
               coalesce(sum(stake_cents) FILTER (WHERE side = 'NO'), 0)::bigint AS no_cents,
               max(placed_at) AS last_bet_at
        FROM bets WHERE market_id = ?
        """,
        PlainSession::statistics,
        marketId);
  }

  List<Bet> newestBetsOfMarket(long marketId) throws SQLException {
    return Sql.list(
        connection,
        "SELECT " + BET + " FROM bets WHERE market_id = ? ORDER BY id DESC LIMIT ?",
        PlainSession::bet,
        marketId,
        MarketService.NEWEST_BETS);
  }

  List<Bet> betsOfUser(long userId, PageRequest page) throws SQLException {
    return Sql.list(
        connection,
        "SELECT " + BET + " FROM bets WHERE user_id = ? ORDER BY id DESC LIMIT ? OFFSET ?",
        PlainSession::bet,
        userId,
        page.size(),
        page.offset());
  }

  long countBets(long userId) throws SQLException {
    return count("SELECT count(*) FROM bets WHERE user_id = ?", userId);
  }

  long sumStakes(long userId) throws SQLException {
    return count(
        "SELECT coalesce(sum(stake_cents), 0)::bigint FROM bets WHERE user_id = ?", userId);
  }

  long countMarketsCreated(long userId) throws SQLException {
    return count("SELECT count(*) FROM markets WHERE creator_id = ?", userId);
  }

  long countUsers(String prefix) throws SQLException {
    return count("SELECT count(*) FROM users WHERE lower(name) LIKE ?", NamePrefix.like(prefix));
  }

  List<User> users(String prefix, PageRequest page) throws SQLException {
    return Sql.list(
        connection,
        "SELECT "
            + USER
            + " FROM users WHERE lower(name) LIKE ? ORDER BY lower(name) LIMIT ? OFFSET ?",
        this::user,
        NamePrefix.like(prefix),
        page.size(),
        page.offset());
  }

  /** Returns whether the balance was high enough. */
  boolean take(long userId, long cents) throws SQLException {
    return Sql.update(
            connection,
            """
            UPDATE users SET balance_cents = balance_cents - ?
            WHERE id = ? AND balance_cents >= ?
            """,
            cents,
            userId,
            cents)
        == 1;
  }

  Bet insertBet(BetOrder order) throws SQLException {
    return Sql.one(
        connection,
        """
        INSERT INTO bets (market_id, user_id, side, stake_cents, placed_at)
        VALUES (?, ?, ?, ?, clock_timestamp())
        RETURNING id, market_id, user_id, side, stake_cents, placed_at
        """,
        PlainSession::bet,
        order.marketId(),
        order.userId(),
        order.side().name(),
        order.stakeCents());
  }

  private long count(String sql, Object... arguments) throws SQLException {
    return Sql.one(connection, sql, rows -> rows.getLong(1), arguments);
  }

  private User user(ResultSet rows) throws SQLException {
    User user =
        new User(
            rows.getLong("id"),
            rows.getString("name"),
            Sql.instant(rows, "joined_at"),
            rows.getLong("balance_cents"));
    users.put(user.id(), user);
    return user;
  }

  private Market market(ResultSet rows) throws SQLException {
    Market market =
        new Market(
            rows.getLong("id"),
            rows.getLong("creator_id"),
            rows.getString("question"),
            rows.getString("category"),
            rows.getString("status"),
            Sql.instant(rows, "closes_at"));
    markets.put(market.id(), market);
    return market;
  }

  private static Bet bet(ResultSet rows) throws SQLException {
    return new Bet(
        rows.getLong("id"),
        rows.getLong("market_id"),
        rows.getLong("user_id"),
        rows.getString("side"),
        rows.getLong("stake_cents"),
        Sql.instant(rows, "placed_at"));
  }

  /** Shared with the joined queries, which name the columns alike. */
  static Statistics statistics(ResultSet rows) throws SQLException {
    return new Statistics(
        rows.getLong("bets"),
        rows.getLong("bettors"),
        rows.getLong("yes_cents"),
        rows.getLong("no_cents"),
        Sql.instantOrNull(rows, "last_bet_at"));
  }
}
