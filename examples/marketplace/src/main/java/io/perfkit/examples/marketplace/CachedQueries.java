package io.perfkit.examples.marketplace;

import io.perfkit.cache.CacheEvict;
import io.perfkit.cache.Cacheable;
import io.perfkit.examples.marketplace.Answers.BetPage;
import io.perfkit.examples.marketplace.Answers.BetView;
import io.perfkit.examples.marketplace.Answers.MarketView;
import io.perfkit.examples.marketplace.Answers.Profile;
import io.perfkit.examples.marketplace.Answers.UserPage;
import io.perfkit.examples.marketplace.BatchedQueries.BetsOfUser;
import io.perfkit.examples.marketplace.BatchedQueries.MarketIds;
import io.perfkit.examples.marketplace.BatchedQueries.NewestBets;
import io.perfkit.ratelimit.RateLimited;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The queries behind two-level caches, once this is woven. What a bet changes is cached by the id
 * that it changes, and evicted after the commit:
 *
 * <pre>
 * cache          key                        a bet evicts          without an eviction
 * market-pages   page:size                  nothing               5 min
 * markets        market                     its market            10 min
 * newest-bets    market                     its market            10 min
 * profiles       user                       its user              30 min
 * searches       prefix:page:size           nothing               5 min
 * histories      user                       its user              30 min
 * history-pages  user:bets:cursor:size      nothing: a new key    30 min
 * </pre>
 *
 * A page of markets is a list of ids, so that a bet on one of them leaves the page and the other
 * nine as they are. A history only grows, so the number of its bets names its state, and pages of
 * an older state are simply no longer asked for. How often a user bets is limited. Thread safe.
 */
class CachedQueries { // not final: weaving extends it
  private final BatchedQueries queries;

  CachedQueries(BatchedQueries queries) {
    this.queries = queries;
  }

  @Cacheable(
      cache = "market-pages",
      key = {"page.page", "page.size"},
      ttl = "5m")
  MarketIds openMarkets(PageRequest page) {
    return queries.openMarkets(page);
  }

  @Cacheable(cache = "markets", ttl = "10m")
  @Nullable MarketView market(long marketId) {
    return queries.market(marketId);
  }

  @Cacheable(cache = "markets", ttl = "10m", batch = true)
  Map<Long, MarketView> markets(Collection<Long> marketIds) {
    return queries.markets(marketIds);
  }

  @Cacheable(cache = "newest-bets", ttl = "10m")
  NewestBets newestBets(long marketId) {
    return queries.newestBets(marketId);
  }

  @Cacheable(cache = "profiles", ttl = "30m")
  @Nullable Profile profile(long userId) {
    return queries.profile(userId);
  }

  @Cacheable(
      cache = "searches",
      key = {"prefix", "page.page", "page.size"},
      ttl = "5m")
  UserPage users(String prefix, PageRequest page) {
    return queries.users(prefix, page);
  }

  @Cacheable(cache = "histories", ttl = "30m")
  @Nullable BetsOfUser betsOfUser(long userId) {
    return queries.betsOfUser(userId);
  }

  @Cacheable(
      cache = "history-pages",
      key = {"userId", "state.bets", "request.from", "request.size"},
      ttl = "30m")
  BetPage bets(long userId, BetsOfUser state, HistoryRequest request) {
    return queries.bets(userId, state, request);
  }

  @RateLimited(plan = "bets", key = "order.userId")
  BetView place(BetOrder order) {
    return queries.place(order);
  }

  /** To be called once the bet is committed, or may be. */
  @CacheEvict(cache = "markets", key = "order.marketId")
  @CacheEvict(cache = "newest-bets", key = "order.marketId")
  @CacheEvict(cache = "profiles", key = "order.userId")
  @CacheEvict(cache = "histories", key = "order.userId")
  void placed(BetOrder order) {}
}
