package io.perfkit.examples.consumer;

import io.perfkit.ratelimit.Decision;
import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.Policy;
import io.perfkit.ratelimit.RateLimiter;
import io.perfkit.ratelimit.Request;
import java.time.Duration;

/** A host that sells two tickets an hour to each buyer. */
public final class Tickets {
  private static final Plan SALE =
      Plan.of("sale").with(Policy.slidingWindow("per-buyer", 2, Duration.ofHours(1)), "buyer");

  private final RateLimiter limiter;

  /** On the limiter of the application, which closes it. */
  public Tickets(RateLimiter limiter) {
    this.limiter = limiter;
  }

  /** Whether the buyer gets one more. */
  public boolean sell(String buyer) {
    return !(limiter.check(SALE, Request.of("buyer", buyer)) instanceof Decision.Denied);
  }
}
