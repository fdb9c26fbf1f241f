package io.perfkit.examples.marketplace;

import io.perfkit.examples.marketplace.Answers.BetPage;
import io.perfkit.examples.marketplace.Answers.BetView;
import io.perfkit.examples.marketplace.Answers.MarketBet;
import io.perfkit.examples.marketplace.Answers.MarketDetail;
import io.perfkit.examples.marketplace.Answers.MarketPage;
import io.perfkit.examples.marketplace.Answers.MarketView;
import io.perfkit.examples.marketplace.Answers.Profile;
import io.perfkit.examples.marketplace.Answers.UserPage;
import io.perfkit.examples.marketplace.Answers.UserView;
import io.perfkit.examples.marketplace.Entities.Bet;
import io.perfkit.examples.marketplace.Entities.Market;
import io.perfkit.examples.marketplace.Entities.User;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * What a team writes first: entities and their lazily loaded neighbours, one statement for each, in
 * one {@link PlainSession} per request. No cache. Thread safe.
 */
final class PlainMarketService implements MarketService {
  private final DataSource database;

  PlainMarketService(DataSource database) {
    this.database = database;
  }

  @Override
  public MarketPage markets(PageRequest page) {
    return Sql.read(
        database,
        connection -> {
          PlainSession session = new PlainSession(connection);
          long total = session.countOpenMarkets();
          List<MarketView> views = new ArrayList<>();
          for (Market market : session.openMarkets(page)) {
            views.add(view(session, market));
          }
          return new MarketPage(page.page(), page.size(), total, views);
        });
  }

  @Override
  public MarketDetail market(long marketId) {
    return Sql.read(
        database,
        connection -> {
          PlainSession session = new PlainSession(connection);
          MarketView market = view(session, market(session, marketId));
          List<MarketBet> bets = new ArrayList<>();
          for (Bet bet : session.newestBetsOfMarket(marketId)) {
            bets.add(bet.by(user(session, bet.userId()).userName()));
          }
          return new MarketDetail(market, bets);
        });
  }

  @Override
  public Profile profile(long userId) {
    return Sql.read(
        database,
        connection -> {
          PlainSession session = new PlainSession(connection);
          User user = user(session, userId);
          return new Profile(
              user.id(),
              user.name(),
              user.joinedAt(),
              user.balanceCents(),
              session.countBets(userId),
              session.sumStakes(userId),
              session.countMarketsCreated(userId),
              views(session, session.betsOfUser(userId, new PageRequest(0, NEWEST_BETS))));
        });
  }

  @Override
  public UserPage search(String prefix, PageRequest page) {
    return Sql.read(
        database,
        connection -> {
          PlainSession session = new PlainSession(connection);
          long total = session.countUsers(prefix);
          List<UserView> views = new ArrayList<>();
          for (User user : session.users(prefix, page)) {
            views.add(user.view(session.countMarketsCreated(user.id())));
          }
          return new UserPage(page.page(), page.size(), total, views);
        });
  }

  /** A place in a history is the number of a page. */
  @Override
  public BetPage bets(long userId, HistoryRequest request) {
    PageRequest page = new PageRequest(number(request.from()), request.size());
    return Sql.read(
        database,
        connection -> {
          PlainSession session = new PlainSession(connection);
          user(session, userId);
          long total = session.countBets(userId);
          List<BetView> views = views(session, session.betsOfUser(userId, page));
          boolean more = page.offset() + page.size() < total;
          String next = Integer.toString(page.page() + 1);
          return new BetPage(total, views, more ? request.link(userId, next) : null);
        });
  }

  private static int number(@Nullable String place) {
    try {
      return place == null ? 0 : Integer.parseInt(place);
    } catch (NumberFormatException e) {
      throw HistoryRequest.noPlace(e);
    }
  }

  @Override
  public BetView place(BetOrder order) {
    return Sql.transaction(database, connection -> place(connection, order));
  }

  private static BetView place(Connection connection, BetOrder order) throws SQLException {
    PlainSession session = new PlainSession(connection);
    Market market = market(session, order.marketId());
    if (!market.status().equals("OPEN")) {
      throw Rejected.closed(market.id());
    }
    user(session, order.userId());
    if (!session.take(order.userId(), order.stakeCents())) {
      throw Rejected.balanceTooLow(order.stakeCents());
    }
    return session.insertBet(order).on(market.marketName());
  }

  private static MarketView view(PlainSession session, Market market) throws SQLException {
    User creator = user(session, market.creatorId());
    return market.view(creator.userName(), session.statistics(market.id()));
  }

  private static List<BetView> views(PlainSession session, List<Bet> bets) throws SQLException {
    List<BetView> views = new ArrayList<>();
    for (Bet bet : bets) {
      views.add(bet.on(market(session, bet.marketId()).marketName()));
    }
    return views;
  }

  private static User user(PlainSession session, long userId) throws SQLException {
    Optional<User> user = session.user(userId);
    return user.orElseThrow(() -> Rejected.noUser(userId));
  }

  private static Market market(PlainSession session, long marketId) throws SQLException {
    Optional<Market> market = session.market(marketId);
    return market.orElseThrow(() -> Rejected.noMarket(marketId));
  }
}
