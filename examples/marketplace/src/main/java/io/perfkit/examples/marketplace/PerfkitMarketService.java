package io.perfkit.examples.marketplace;

import io.perfkit.cache.CacheConfig;
import io.perfkit.cache.CacheStats;
import io.perfkit.cache.Caches;
import io.perfkit.cache.weave.CacheAspect;
import io.perfkit.examples.marketplace.Answers.BetPage;
import io.perfkit.examples.marketplace.Answers.BetView;
import io.perfkit.examples.marketplace.Answers.MarketDetail;
import io.perfkit.examples.marketplace.Answers.MarketPage;
import io.perfkit.examples.marketplace.Answers.MarketView;
import io.perfkit.examples.marketplace.Answers.Profile;
import io.perfkit.examples.marketplace.Answers.UserPage;
import io.perfkit.examples.marketplace.BatchedQueries.BetsOfUser;
import io.perfkit.examples.marketplace.BatchedQueries.MarketIds;
import io.perfkit.ratelimit.RateLimiter;
import io.perfkit.ratelimit.weave.RateLimitAspect;
import io.perfkit.weave.Weaver;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.sql.DataSource;

/**
 * The market over {@link CachedQueries}; a miss is loaded by {@link BatchedQueries}. Thread safe.
 */
final class PerfkitMarketService implements MarketService {
  private static final CacheConfig CACHES =
      CacheConfig.builder().maxEntries(10_000).l1Ttl(Duration.ofMinutes(1)).build();

  private final Caches caches;
  private final CachedQueries queries;

  /**
   * @param secret signs what clients carry from page to page; the same on all nodes
   */
  PerfkitMarketService(
      DataSource database, BetWriter bets, byte[] secret, Caches caches, RateLimiter limiter) {
    this.caches = caches;
    this.queries =
        Weaver.of(
                RateLimitAspect.of(limiter, Limits.BETS),
                CacheAspect.builder(caches).config(CACHES).build())
            .create(CachedQueries.class, new BatchedQueries(database, bets, secret));
  }

  @Override
  public MarketPage markets(PageRequest page) {
    MarketIds found = queries.openMarkets(page);
    Map<Long, MarketView> markets = queries.markets(found.ids());
    List<MarketView> views =
        found.ids().stream().map(markets::get).filter(Objects::nonNull).toList();
    return new MarketPage(page.page(), page.size(), found.total(), views);
  }

  @Override
  public MarketDetail market(long marketId) {
    MarketView market = queries.market(marketId);
    if (market == null) {
      throw Rejected.noMarket(marketId);
    }
    return new MarketDetail(market, queries.newestBets(marketId).bets());
  }

  @Override
  public Profile profile(long userId) {
    Profile profile = queries.profile(userId);
    if (profile == null) {
      throw Rejected.noUser(userId);
    }
    return profile;
  }

  @Override
  public UserPage search(String prefix, PageRequest page) {
    return queries.users(prefix, page);
  }

  /** A place in a history is a cursor of perf-db. */
  @Override
  public BetPage bets(long userId, HistoryRequest request) {
    BetsOfUser state = queries.betsOfUser(userId);
    if (state == null) {
      throw Rejected.noUser(userId);
    }
    return queries.bets(userId, state, request);
  }

  @Override
  public BetView place(BetOrder order) {
    try {
      BetView placed = queries.place(order);
      queries.placed(order);
      return placed;
    } catch (DatabaseFailed mayBePlaced) {
      queries.placed(order);
      throw mayBePlaced;
    }
  }

  @Override
  public CacheUse cacheUse() {
    CacheStats stats = caches.stats();
    long hits = stats.l1Hits() + stats.l2Hits();
    return new CacheUse(hits + stats.misses(), hits);
  }
}
