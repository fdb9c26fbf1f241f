package io.perfkit.examples.marketplace;

import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.Policy;
import java.time.Duration;

/** How often the market may be asked. */
public final class Limits {
  /** Requests of one address: 10 per second. */
  public static final Policy ADDRESS = Policy.tokenBucket("general", 10, Duration.ofSeconds(1));

  /** Logins of one address: 6 in any minute. */
  public static final Policy LOGIN = Policy.slidingWindow("auth", 6, Duration.ofMinutes(1));

  /** Bets of one user: 20 per second, and 40 at once. */
  public static final Policy USER = Policy.tokenBucket("per-user", 20, Duration.ofSeconds(1), 40);

  static final Plan REQUESTS = Plan.of("requests").with(ADDRESS, "ip");
  static final Plan LOGINS = Plan.of("logins").with(ADDRESS, "ip").with(LOGIN, "ip");
  static final Plan BETS = Plan.of("bets").with(USER, "user");

  private Limits() {}
}
