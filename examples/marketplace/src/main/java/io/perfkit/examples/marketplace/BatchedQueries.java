package io.perfkit.examples.marketplace;

import io.perfkit.db.page.CursorRefused;
import io.perfkit.db.page.Keyset;
import io.perfkit.db.page.Page;
import io.perfkit.db.page.Sort;
import io.perfkit.examples.marketplace.Answers.BetView;
import io.perfkit.examples.marketplace.Answers.MarketName;
import io.perfkit.examples.marketplace.Answers.Profile;
import io.perfkit.examples.marketplace.Answers.Statistics;
import io.perfkit.examples.marketplace.Answers.UserName;
import io.perfkit.examples.marketplace.Answers.UserPage;
import io.perfkit.examples.marketplace.Answers.UserView;
import io.perfkit.examples.marketplace.Entities.Bet;
import io.perfkit.examples.marketplace.Entities.Market;
import io.perfkit.examples.marketplace.Entities.User;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Loads the rows of an answer with one to three statements, however many they are; whom and what
 * they name is asked of {@link #userNames} and {@link #marketNames}, for all of them at once. What
 * is absent is {@code null}, as a cache loader says it. Thread safe.
 */
final class BatchedQueries {
  private final DataSource database;
  private final BetWriter bets;
  private final Keyset<Bet> histories;

  /**
   * @param secret signs the cursors of histories
   */
  BatchedQueries(DataSource database, BetWriter bets, byte[] secret) {
    this.database = database;
    this.bets = bets;
    this.histories =
        Keyset.of(
            "SELECT " + Bet.COLUMNS + " FROM bets WHERE user_id = ?",
            Bet::of,
            secret,
            Sort.descending("id"));
  }

  /** Which markets a page shows. */
  record MarketIds(long total, List<Long> ids) {}

  /** A market and what its bets add up to. */
  record CountedMarket(Market market, Statistics statistics) {}

  /** The state of a history: it only ever grows. */
  record BetsOfUser(long bets) {}

  /** What a bet takes from the database before it is written. */
  private record OpenedBet(Market market, long id, Instant placedAt) {
    Bet bet(BetOrder order) {
      return new Bet(
          id, market.id(), order.userId(), order.side().name(), order.stakeCents(), placedAt);
    }
  }

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

  /** Those of the users that there are. */
  Map<Long, UserName> userNames(Collection<Long> userIds) {
    return Sql.read(database, connection -> Neighbours.USER_NAMES.on(connection).all(userIds));
  }

  /** Those of the markets that there are. */
  Map<Long, MarketName> marketNames(Collection<Long> marketIds) {
    return Sql.read(database, connection -> Neighbours.MARKET_NAMES.on(connection).all(marketIds));
  }

  /** Those of the markets that there are. */
  Map<Long, CountedMarket> markets(Collection<Long> marketIds) {
    return Sql.read(
        database, connection -> Neighbours.COUNTED_MARKETS.on(connection).all(marketIds));
  }

  List<Bet> newestBets(long marketId) {
    return Sql.read(
        database,
        connection ->
            Sql.list(
                connection,
                "SELECT " + Bet.COLUMNS + " FROM bets WHERE market_id = ? ORDER BY id DESC LIMIT ?",
                Bet::of,
                marketId,
                MarketService.NEWEST_BETS));
  }

  List<Bet> newestBetsOfUser(long userId) {
    return Sql.read(
        database,
        connection -> histories.first(connection, MarketService.NEWEST_BETS, userId).rows());
  }

  @Nullable Profile profile(long userId, List<BetView> newest) {
    return Sql.read(database, connection -> profile(connection, userId, newest)).orElse(null);
  }

  private static Optional<Profile> profile(Connection connection, long userId, List<BetView> newest)
      throws SQLException {
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
          List<User> users =
              Sql.list(
                  connection,
                  "SELECT "
                      + User.COLUMNS
                      + " FROM users WHERE lower(name) LIKE ?"
                      + " ORDER BY lower(name) LIMIT ? OFFSET ?",
                  User::of,
                  NamePrefix.like(prefix),
                  page.size(),
                  page.offset());
          long total =
              Sql.one(
                  connection,
                  "SELECT count(*) FROM users WHERE lower(name) LIKE ?",
                  rows -> rows.getLong(1),
                  NamePrefix.like(prefix));
          Map<Long, Long> created =
              Neighbours.MARKETS_CREATED.on(connection).all(users.stream().map(User::id).toList());
          List<UserView> views =
              users.stream().map(user -> user.view(created.getOrDefault(user.id(), 0L))).toList();
          return new UserPage(page.page(), page.size(), total, views);
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
                    SELECT count(b.id) AS bets
                    FROM users u LEFT JOIN bets b ON b.user_id = u.id
                    WHERE u.id = ? GROUP BY u.id
                    """,
                    rows -> new BetsOfUser(rows.getLong("bets")),
                    userId));
    return state.orElse(null);
  }

  /**
   * A page of a history.
   *
   * @throws IllegalArgumentException if it is to begin at what is no cursor of a history
   */
  Page<Bet> bets(long userId, HistoryRequest request) {
    return Sql.read(database, connection -> page(connection, userId, request));
  }

  private Page<Bet> page(Connection connection, long userId, HistoryRequest request)
      throws SQLException {
    String cursor = request.from();
    if (cursor == null) {
      return histories.first(connection, request.size(), userId);
    }
    try {
      return histories.at(connection, cursor, request.size(), userId);
    } catch (CursorRefused e) {
      throw HistoryRequest.noPlace(e);
    }
  }

  /** One statement of its own, and a share of the one that writes all bets of the moment. */
  BetView place(BetOrder order) {
    OpenedBet opened =
        Sql.read(
                database,
                connection ->
                    Sql.find(
                        connection,
                        "SELECT "
                            + Market.COLUMNS
                            + ", nextval('bets_id_seq') AS bet_id, clock_timestamp() AS placed_at"
                            + " FROM markets WHERE id = ?",
                        row ->
                            new OpenedBet(
                                Market.of(row),
                                row.getLong("bet_id"),
                                Sql.instant(row, "placed_at")),
                        order.marketId()))
            .orElseThrow(() -> Rejected.noMarket(order.marketId()));
    if (!opened.market().status().equals("OPEN")) {
      throw Rejected.closed(order.marketId());
    }
    Bet bet = opened.bet(order);
    bets.write(bet, order);
    return bet.on(opened.market().marketName());
  }
}
