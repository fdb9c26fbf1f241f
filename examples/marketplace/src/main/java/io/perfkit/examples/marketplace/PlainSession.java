package io.perfkit.examples.marketplace;

import io.perfkit.examples.marketplace.Answers.Statistics;
import io.perfkit.examples.marketplace.Entities.Bet;
import io.perfkit.examples.marketplace.Entities.Market;
import io.perfkit.examples.marketplace.Entities.User;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Loads entities as an object-relational mapper does: by id with one statement each, and none for
 * an entity that the request has already loaded. One thread at a time, for one request.
 */
final class PlainSession {

  private final Connection connection;
  private final Map<Long, User> users = new HashMap<>();
  private final Map<Long, Market> markets = new HashMap<>();

  PlainSession(Connection connection) {
    this.connection = connection;
  }

  Optional<User> user(long userId) throws SQLException {
    User known = users.get(userId);
    if (known != null) {
      return Optional.of(known);
    }
    return Sql.find(
        connection, "SELECT " + User.COLUMNS + " FROM users WHERE id = ?", this::user, userId);
  }

  Optional<Market> market(long marketId) throws SQLException {
    Market known = markets.get(marketId);
    if (known != null) {
      return Optional.of(known);
    }
    return Sql.find(
        connection,
        "SELECT " + Market.COLUMNS + " FROM markets WHERE id = ?",
        this::market,
        marketId);
  }

  long countOpenMarkets() throws SQLException {
    return count("SELECT count(*) FROM markets WHERE status = 'OPEN'");
  }

  List<Market> openMarkets(PageRequest page) throws SQLException {
    return Sql.list(
        connection,
        "SELECT "
            + Market.COLUMNS
            + " FROM markets WHERE status = 'OPEN' ORDER BY closes_at, id LIMIT ? OFFSET ?",
        this::market,
        page.size(),
        page.offset());
  }

  Statistics statistics(long marketId) throws SQLException {
    return Sql.one(
        connection,
        "SELECT " + Entities.STATISTICS_COLUMNS + " FROM bets WHERE market_id = ?",
        Entities::statistics,
        marketId);
  }

  List<Bet> newestBetsOfMarket(long marketId) throws SQLException {
    return Sql.list(
        connection,
        "SELECT " + Bet.COLUMNS + " FROM bets WHERE market_id = ? ORDER BY id DESC LIMIT ?",
        Bet::of,
        marketId,
        MarketService.NEWEST_BETS);
  }

  List<Bet> betsOfUser(long userId, PageRequest page) throws SQLException {
    return Sql.list(
        connection,
        "SELECT " + Bet.COLUMNS + " FROM bets WHERE user_id = ? ORDER BY id DESC LIMIT ? OFFSET ?",
        Bet::of,
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
            + User.COLUMNS
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
        Bet::of,
        order.marketId(),
        order.userId(),
        order.side().name(),
        order.stakeCents());
  }

  private long count(String sql, Object... arguments) throws SQLException {
    return Sql.one(connection, sql, rows -> rows.getLong(1), arguments);
  }

  private User user(ResultSet row) throws SQLException {
    User user = User.of(row);
    users.put(user.id(), user);
    return user;
  }

  private Market market(ResultSet row) throws SQLException {
    Market market = Market.of(row);
    markets.put(market.id(), market);
    return market;
  }
}
