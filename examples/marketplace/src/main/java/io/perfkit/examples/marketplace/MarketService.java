package io.perfkit.examples.marketplace;

import io.perfkit.examples.marketplace.Answers.BetPage;
import io.perfkit.examples.marketplace.Answers.BetView;
import io.perfkit.examples.marketplace.Answers.MarketDetail;
import io.perfkit.examples.marketplace.Answers.MarketPage;
import io.perfkit.examples.marketplace.Answers.Profile;
import io.perfkit.examples.marketplace.Answers.UserPage;

/**
 * The market: what its users read and the one thing they write. Thread safe. Two services on equal
 * data give equal answers, and a bet shows in every answer of the service that placed it as soon as
 * {@link #place} has returned.
 *
 * <p>Every method throws {@link Rejected} when there is no such user or market.
 */
interface MarketService {
  /** How many bets a market and a profile show. */
  int NEWEST_BETS = 10;

  /** The open markets, the one that closes first at the front; empty past the last page. */
  MarketPage markets(PageRequest page);

  /** One market, open or not, with its newest bets. */
  MarketDetail market(long marketId);

  /** A user, what the bets add up to, and the newest of them. */
  Profile profile(long userId);

  /**
   * The users whose name begins with {@code prefix} in lower case, by name; empty past the last
   * page.
   */
  UserPage search(String prefix, PageRequest page);

  /**
   * The bets of a user, the newest at the front.
   *
   * @throws IllegalArgumentException if the place of the request was not given by this service
   */
  BetPage bets(long userId, HistoryRequest request);

  /**
   * Takes the stake from the user's balance and places the bet, both or neither.
   *
   * @throws Rejected also when the market is closed or the balance is lower than the stake
   */
  BetView place(BetOrder order);

  /** What the caches of this service have done; nothing if it has none. */
  default CacheUse cacheUse() {
    return CacheUse.NONE;
  }
}
