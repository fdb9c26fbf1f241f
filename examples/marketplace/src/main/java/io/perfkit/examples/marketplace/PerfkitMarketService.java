package io.perfkit.examples.marketplace;

import static java.util.Objects.requireNonNull;

import io.perfkit.cache.Cache;
import io.perfkit.cache.CacheConfig;
import io.perfkit.cache.CacheStats;
import io.perfkit.cache.Caches;
import io.perfkit.examples.marketplace.Answers.BetPage;
import io.perfkit.examples.marketplace.Answers.BetView;
import io.perfkit.examples.marketplace.Answers.MarketDetail;
import io.perfkit.examples.marketplace.Answers.MarketPage;
import io.perfkit.examples.marketplace.Answers.MarketView;
import io.perfkit.examples.marketplace.Answers.Profile;
import io.perfkit.examples.marketplace.Answers.UserPage;
import io.perfkit.examples.marketplace.JoinedQueries.BetsOfUser;
import io.perfkit.examples.marketplace.JoinedQueries.MarketIds;
import io.perfkit.examples.marketplace.JoinedQueries.NewestBets;
import io.perfkit.redis.Codec;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The market behind two-level caches; a miss is loaded with joined statements. Thread safe.
 *
 * <p>What a bet changes is cached by the id that it changes, and invalidated after the commit:
 *
 * <pre>
 * cache          key                        a bet invalidates     without an invalidation
 * market-pages   page:size                  nothing               5 min
 * markets        market                     its market            10 min
 * newest-bets    market                     its market            10 min
 * profiles       user                       its user              30 min
 * searches       page:size:prefix           nothing               5 min
 * histories      user                       its user              30 min
 * history-pages  user:last bet:page:size    nothing: a new key    30 min
 * </pre>
 *
 * A page of markets is a list of ids, so that a bet on one of them leaves the page and the other
 * nine as they are. A history only grows at its head, so its newest bet names its state, and pages
 * of an older state are simply no longer asked for.
 */
final class PerfkitMarketService implements MarketService {
  /** A message that other nodes never got makes them stale for so long at most. */
  private static final Duration L1_TTL_MAX = Duration.ofMinutes(1);

  private final JoinedQueries queries;
  private final Cache<String, MarketIds> marketPages;
  private final Cache<Long, MarketView> markets;
  private final Cache<Long, NewestBets> newestBets;
  private final Cache<Long, Profile> profiles;
  private final Cache<String, UserPage> searches;
  private final Cache<Long, BetsOfUser> histories;
  private final Cache<String, BetPage> historyPages;

  PerfkitMarketService(DataSource database, Caches caches) {
    queries = new JoinedQueries(database);
    marketPages =
        caches.cache("market-pages", String.class, Codec.json(MarketIds.class), config(1_000, 5));
    markets = caches.cache("markets", Long.class, Codec.json(MarketView.class), config(5_000, 10));
    newestBets =
        caches.cache("newest-bets", Long.class, Codec.json(NewestBets.class), config(5_000, 10));
    profiles = caches.cache("profiles", Long.class, Codec.json(Profile.class), config(10_000, 30));
    searches = caches.cache("searches", String.class, Codec.json(UserPage.class), config(2_000, 5));
    histories =
        caches.cache("histories", Long.class, Codec.json(BetsOfUser.class), config(10_000, 30));
    historyPages =
        caches.cache("history-pages", String.class, Codec.json(BetPage.class), config(10_000, 30));
  }

  @Override
  public MarketPage markets(PageRequest page) {
    MarketIds found =
        loaded(marketPages.get(page.page() + ":" + page.size(), key -> queries.openMarkets(page)));
    List<MarketView> views =
        found.ids().stream()
            .map(id -> markets.get(id, queries::market))
            .filter(Objects::nonNull)
            .toList();
    return new MarketPage(page.page(), page.size(), found.total(), views);
  }

  @Override
  public MarketDetail market(long marketId) {
    MarketView market = markets.get(marketId, queries::market);
    if (market == null) {
      throw Rejected.noMarket(marketId);
    }
    NewestBets bets = loaded(newestBets.get(marketId, queries::newestBets));
    return new MarketDetail(market, bets.bets());
  }

  @Override
  public Profile profile(long userId) {
    Profile profile = profiles.get(userId, queries::profile);
    if (profile == null) {
      throw Rejected.noUser(userId);
    }
    return profile;
  }

  @Override
  public UserPage search(String prefix, PageRequest page) {
    String name = page.page() + ":" + page.size() + ":" + prefix;
    return loaded(searches.get(name, key -> queries.users(prefix, page)));
  }

  @Override
  public BetPage bets(long userId, PageRequest page) {
    BetsOfUser state = histories.get(userId, queries::betsOfUser);
    if (state == null) {
      throw Rejected.noUser(userId);
    }
    String name = userId + ":" + state.lastBetId() + ":" + page.page() + ":" + page.size();
    return loaded(historyPages.get(name, key -> queries.bets(userId, state, page)));
  }

  @Override
  public BetView place(BetOrder order) {
    BetView placed = queries.place(order);
    markets.invalidate(order.marketId());
    newestBets.invalidate(order.marketId());
    profiles.invalidate(order.userId());
    histories.invalidate(order.userId());
    return placed;
  }

  @Override
  public CacheUse cacheUse() {
    long gets = 0;
    long hits = 0;
    for (Cache<?, ?> cache :
        List.of(marketPages, markets, newestBets, profiles, searches, histories, historyPages)) {
      CacheStats stats = cache.stats();
      hits += stats.l1Hits() + stats.l2Hits();
      gets += stats.l1Hits() + stats.l2Hits() + stats.misses();
    }
    return new CacheUse(gets, hits);
  }

  /* For loaders that never find nothing. */
  private static <T> T loaded(@Nullable T value) {
    return requireNonNull(value, "loaded value");
  }

  private static CacheConfig config(long entries, int minutes) {
    Duration ttl = Duration.ofMinutes(minutes);
    return CacheConfig.builder().maxEntries(entries).l1Ttl(L1_TTL_MAX).l2Ttl(ttl).build();
  }
}
