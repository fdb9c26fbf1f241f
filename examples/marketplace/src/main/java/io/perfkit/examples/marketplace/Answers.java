package io.perfkit.examples.marketplace;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The shapes that the market answers with, as they stand in the JSON. Money is in cents. */
final class Answers {
  private Answers() {}

  record UserName(long id, String name) {}

  record MarketName(long id, String question) {}

  /** What the bets on one market add up to; {@code lastBetAt} is absent before the first. */
  record Statistics(
      long bets, long bettors, long yesCents, long noCents, @Nullable Instant lastBetAt) {
    static final Statistics NONE = new Statistics(0, 0, 0, 0, null);
  }

  record MarketView(
      long id,
      String question,
      String category,
      String status,
      Instant closesAt,
      UserName creator,
      Statistics statistics) {}

  record MarketPage(int page, int size, long total, List<MarketView> markets) {}

  record MarketBet(long id, UserName bettor, String side, long stakeCents, Instant placedAt) {}

  record MarketDetail(MarketView market, List<MarketBet> newestBets) {}

  record BetView(long id, MarketName market, String side, long stakeCents, Instant placedAt) {}

  record Profile(
      long id,
      String name,
      Instant joinedAt,
      long balanceCents,
      long bets,
      long stakedCents,
      long marketsCreated,
      List<BetView> newestBets) {}

  record UserView(long id, String name, Instant joinedAt, long marketsCreated) {}

  record UserPage(int page, int size, long total, List<UserView> users) {}

  /** {@code next} is the link to the page of older bets; absent on the last page. */
  record BetPage(long total, List<BetView> bets, @Nullable String next) {}

  /** {@code since} is the login; {@code current} is the session of the request. */
  record SessionView(String id, boolean current, Instant since, Instant lastSeen, String client) {}

  record Sessions(long userId, List<SessionView> sessions) {}

  /** How many sessions a request has ended. */
  record Ended(int ended) {}
}
