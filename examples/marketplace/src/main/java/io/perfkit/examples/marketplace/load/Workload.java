package io.perfkit.examples.marketplace.load;

import io.perfkit.examples.marketplace.DataSize;
import io.perfkit.examples.marketplace.Zipf;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/**
 * What the users of the market do: 90 % read, and users, markets, pages and names are asked for by
 * Zipf's law, so that few are popular and many are not. The same seed gives the same calls, but for
 * the links to older bets, which each side makes in its own way. One thread at a time.
 */
final class Workload implements Supplier<Call> {
  static final int READ_PERCENT = 90;

  private static final double EXPONENT = 1;
  private static final int PAGE_SIZE = 10;

  private final NextLinks links = new NextLinks();
  private final Random random;
  private final List<Long> openMarkets;
  private final Zipf markets;
  private final Zipf pages;
  private final Zipf users;

  /**
   * @param openMarkets the ids that may be bet on; which of them are popular depends on the seed
   */
  Workload(long seed, DataSize size, List<Long> openMarkets) {
    this.random = new Random(seed);
    this.openMarkets = new ArrayList<>(openMarkets);
    Collections.shuffle(this.openMarkets, new Random(seed));
    this.markets = new Zipf(openMarkets.size(), EXPONENT);
    this.pages = new Zipf(Math.max(1, openMarkets.size() / PAGE_SIZE), EXPONENT);
    this.users = new Zipf(size.users(), EXPONENT);
  }

  @Override
  public Call get() {
    return random.nextInt(100) < READ_PERCENT ? read() : bet();
  }

  /** 40 % market lists, 25 % markets, 15 % profiles, 10 % searches, 10 % pages of histories. */
  Call read() {
    int drawn = random.nextInt(100);
    if (drawn < 40) {
      return Call.get("/markets?page=" + pages.next(random));
    }
    if (drawn < 65) {
      return Call.get("/markets/" + market());
    }
    if (drawn < 80) {
      return Call.get("/users/" + users.nextId(random));
    }
    if (drawn < 90) {
      String name = "user-%05d".formatted(users.nextId(random));
      return Call.get("/users?query=" + name.substring(0, name.length() - 1));
    }
    String history = "/users/" + users.nextId(random) + "/bets";
    return Call.get(random.nextBoolean() ? history : links.after(history));
  }

  /** Is to be told what histories answer; without that readers never turn a page. */
  NextLinks links() {
    return links;
  }

  /** A bet that the market accepts as long as the balance lasts. */
  Call bet() {
    return Call.post(
        "/bets",
        """
        {"userId":%d,"marketId":%d,"side":"%s","stakeCents":%d}"""
            .formatted(
                users.nextId(random),
                market(),
                random.nextBoolean() ? "YES" : "NO",
                1 + random.nextInt(500)));
  }

  private long market() {
    return openMarkets.get(markets.next(random));
  }
}
