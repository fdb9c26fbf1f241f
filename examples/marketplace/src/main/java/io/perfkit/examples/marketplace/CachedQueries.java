package io.perfkit.examples.marketplace;

import static java.util.Objects.requireNonNull;

import io.perfkit.cache.weave.CacheEvict;
import io.perfkit.cache.weave.Cacheable;
import io.perfkit.db.page.Page;
import io.perfkit.examples.marketplace.Answers.BetPage;
import io.perfkit.examples.marketplace.Answers.BetView;
import io.perfkit.examples.marketplace.Answers.MarketBet;
import io.perfkit.examples.marketplace.Answers.MarketName;
import io.perfkit.examples.marketplace.Answers.MarketView;
import io.perfkit.examples.marketplace.Answers.Profile;
import io.perfkit.examples.marketplace.Answers.UserName;
import io.perfkit.examples.marketplace.Answers.UserPage;
import io.perfkit.examples.marketplace.BatchedQueries.BetsOfUser;
import io.perfkit.examples.marketplace.BatchedQueries.CountedMarket;
import io.perfkit.examples.marketplace.BatchedQueries.MarketIds;
import io.perfkit.examples.marketplace.Entities.Bet;
import io.perfkit.ratelimit.weave.RateLimited;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
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
 * user-names     user                       nothing               30 min
 * market-names   market                     nothing               30 min
 * </pre>
 *
 * A page of markets is a list of ids, so that a bet on one of them leaves the page and the other
 * nine as they are. A history only grows, so the number of its bets names its state, and pages of
 * an older state are simply no longer asked for. What is loaded anew after a bet finds the names in
 * it here: a call within this class is woven as well. How often a user bets is limited. Thread
 * safe.
 */
class CachedQueries { // not final: weaving extends it
  private final BatchedQueries queries;

  /** The newest bets on a market. */
  record NewestBets(List<MarketBet> bets) {}

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

  @Cacheable(cache = "user-names", ttl = "30m", batch = true)
  Map<Long, UserName> userNames(Collection<Long> userIds) {
    return queries.userNames(userIds);
  }

  @Cacheable(cache = "market-names", ttl = "30m", batch = true)
  Map<Long, MarketName> marketNames(Collection<Long> marketIds) {
    return queries.marketNames(marketIds);
  }

  @Cacheable(cache = "markets", ttl = "10m")
  @Nullable MarketView market(long marketId) {
    return marketViews(List.of(marketId)).get(marketId);
  }

  @Cacheable(cache = "markets", ttl = "10m", batch = true)
  Map<Long, MarketView> markets(Collection<Long> marketIds) {
    return marketViews(marketIds);
  }

  private Map<Long, MarketView> marketViews(Collection<Long> marketIds) {
    Map<Long, CountedMarket> counted = queries.markets(marketIds);
    Map<Long, UserName> creators =
        userNames(counted.values().stream().map(found -> found.market().creatorId()).toList());
    Map<Long, MarketView> views = new HashMap<>();
    counted.forEach(
        (id, found) -> {
          UserName creator = present(creators, found.market().creatorId());
          views.put(id, found.market().view(creator, found.statistics()));
        });
    return views;
  }

  @Cacheable(cache = "newest-bets", ttl = "10m")
  NewestBets newestBets(long marketId) {
    List<Bet> bets = queries.newestBets(marketId);
    Map<Long, UserName> bettors = userNames(bets.stream().map(Bet::userId).toList());
    return new NewestBets(
        bets.stream().map(bet -> bet.by(present(bettors, bet.userId()))).toList());
  }

  @Cacheable(cache = "profiles", ttl = "30m")
  @Nullable Profile profile(long userId) {
    return queries.profile(userId, betViews(queries.newestBetsOfUser(userId)));
  }

  private List<BetView> betViews(List<Bet> bets) {
    Map<Long, MarketName> markets = marketNames(bets.stream().map(Bet::marketId).toList());
    return bets.stream().map(bet -> bet.on(present(markets, bet.marketId()))).toList();
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

  /** Read after {@code state}, so never older than it. */
  @Cacheable(
      cache = "history-pages",
      key = {"userId", "state.bets", "request.from", "request.size"},
      ttl = "30m")
  BetPage bets(long userId, BetsOfUser state, HistoryRequest request) {
    Page<Bet> page = queries.bets(userId, request);
    return new BetPage(
        state.bets(),
        betViews(page.rows()),
        page.next().map(cursor -> request.link(userId, cursor)).orElse(null));
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

  /** Of what a foreign key points at: it is there. */
  private static <T> T present(Map<Long, T> found, long id) {
    return requireNonNull(found.get(id), () -> "the database has no row " + id);
  }
}
