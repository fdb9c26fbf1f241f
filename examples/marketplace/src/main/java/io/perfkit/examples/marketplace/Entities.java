package io.perfkit.examples.marketplace;

import io.perfkit.examples.marketplace.Answers.BetView;
import io.perfkit.examples.marketplace.Answers.MarketBet;
import io.perfkit.examples.marketplace.Answers.MarketName;
import io.perfkit.examples.marketplace.Answers.MarketView;
import io.perfkit.examples.marketplace.Answers.Statistics;
import io.perfkit.examples.marketplace.Answers.UserName;
import io.perfkit.examples.marketplace.Answers.UserView;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;

/** The rows of the tables as both services read them, and what they become in an answer. */
final class Entities {
  private Entities() {}

  record User(long id, String name, Instant joinedAt, long balanceCents) {
    static final String COLUMNS = "id, name, joined_at, balance_cents";

    static User of(ResultSet row) throws SQLException {
      return new User(
          row.getLong("id"),
          row.getString("name"),
          Sql.instant(row, "joined_at"),
          row.getLong("balance_cents"));
    }

    UserName userName() {
      return new UserName(id, name);
    }

    UserView view(long marketsCreated) {
      return new UserView(id, name, joinedAt, marketsCreated);
    }
  }

  record Market(
      long id, long creatorId, String question, String category, String status, Instant closesAt) {
    static final String COLUMNS = "id, creator_id, question, category, status, closes_at";

    static Market of(ResultSet row) throws SQLException {
      return new Market(
          row.getLong("id"),
          row.getLong("creator_id"),
          row.getString("question"),
          row.getString("category"),
          row.getString("status"),
          Sql.instant(row, "closes_at"));
    }

    MarketName marketName() {
      return new MarketName(id, question);
    }

    MarketView view(UserName creator, Statistics statistics) {
      return new MarketView(id, question, category, status, closesAt, creator, statistics);
    }
  }

  record Bet(long id, long marketId, long userId, String side, long stakeCents, Instant placedAt) {
    static final String COLUMNS = "id, market_id, user_id, side, stake_cents, placed_at";

    static Bet of(ResultSet row) throws SQLException {
      return new Bet(
          row.getLong("id"),
          row.getLong("market_id"),
          row.getLong("user_id"),
          row.getString("side"),
          row.getLong("stake_cents"),
          Sql.instant(row, "placed_at"));
    }

    /** As the market shows it. */
    MarketBet by(UserName bettor) {
      return new MarketBet(id, bettor, side, stakeCents, placedAt);
    }

    /** As the user sees it. */
    BetView on(MarketName market) {
      return new BetView(id, market, side, stakeCents, placedAt);
    }
  }

  /** What the bets of one market add up to; the one row of a group, or of no bets at all. */
  static final String STATISTICS_COLUMNS =
      """
      count(*) AS bets, count(DISTINCT user_id) AS bettors,
      coalesce(sum(stake_cents) FILTER (WHERE side = 'YES'), 0)::bigint AS yes_cents,
      coalesce(sum(stake_cents) FILTER (WHERE side = 'NO'), 0)::bigint AS no_cents,
      max(placed_at) AS last_bet_at
      """;

  static Statistics statistics(ResultSet row) throws SQLException {
    return new Statistics(
        row.getLong("bets"),
        row.getLong("bettors"),
        row.getLong("yes_cents"),
        row.getLong("no_cents"),
        Sql.instantOrNull(row, "last_bet_at"));
  }
}
