package io.perfkit.examples.marketplace;

import io.perfkit.db.query.BatchLoader;
import io.perfkit.examples.marketplace.Answers.MarketName;
import io.perfkit.examples.marketplace.Answers.UserName;
import io.perfkit.examples.marketplace.BatchedQueries.CountedMarket;
import io.perfkit.examples.marketplace.Entities.Market;

/**
 * What the rows of an answer lead to, for all of them with one statement: what the query monitor
 * proposes for the N+1 that it finds in {@link PlainMarketService}.
 */
final class Neighbours {
  static final BatchLoader<Long, UserName> USER_NAMES =
      BatchLoader.of(
          "SELECT id, name FROM users WHERE id = ANY(?)",
          "bigint",
          row -> row.getLong("id"),
          row -> new UserName(row.getLong("id"), row.getString("name")));

  static final BatchLoader<Long, MarketName> MARKET_NAMES =
      BatchLoader.of(
          "SELECT id, question FROM markets WHERE id = ANY(?)",
          "bigint",
          row -> row.getLong("id"),
          row -> new MarketName(row.getLong("id"), row.getString("question")));

  static final BatchLoader<Long, CountedMarket> COUNTED_MARKETS =
      BatchLoader.of(
          "SELECT "
              + Market.COLUMNS
              + ", b.* FROM markets CROSS JOIN LATERAL (SELECT "
              + Entities.STATISTICS_COLUMNS
              + " FROM bets WHERE market_id = markets.id) b WHERE id = ANY(?)",
          "bigint",
          row -> row.getLong("id"),
          row -> new CountedMarket(Market.of(row), Entities.statistics(row)));

  /** By user, how many markets they have created; none for one who has not. */
  static final BatchLoader<Long, Long> MARKETS_CREATED =
      BatchLoader.of(
          "SELECT creator_id, count(*) AS created FROM markets"
              + " WHERE creator_id = ANY(?) GROUP BY creator_id",
          "bigint",
          row -> row.getLong("creator_id"),
          row -> row.getLong("created"));

  private Neighbours() {}
}
