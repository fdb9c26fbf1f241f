package io.perfkit.examples.marketplace;

import io.perfkit.db.query.BatchLoader;
import io.perfkit.examples.marketplace.Answers.Statistics;
import io.perfkit.examples.marketplace.Entities.Market;
import io.perfkit.examples.marketplace.Entities.User;

/**
 * What the rows of an answer lead to, for all of them with one statement: what the query monitor
 * proposes for the N+1 that it finds in {@link PlainMarketService}.
 */
final class Neighbours {
  static final BatchLoader<Long, User> USERS =
      BatchLoader.of(
          "SELECT " + User.COLUMNS + " FROM users WHERE id = ANY(?)",
          "bigint",
          row -> row.getLong("id"),
          User::of);

  static final BatchLoader<Long, Market> MARKETS =
      BatchLoader.of(
          "SELECT " + Market.COLUMNS + " FROM markets WHERE id = ANY(?)",
          "bigint",
          row -> row.getLong("id"),
          Market::of);

  /** By market; none for one without bets. */
  static final BatchLoader<Long, Statistics> STATISTICS =
      BatchLoader.of(
          "SELECT market_id, "
              + Entities.STATISTICS_COLUMNS
              + " FROM bets WHERE market_id = ANY(?) GROUP BY market_id",
          "bigint",
          row -> row.getLong("market_id"),
          Entities::statistics);

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
