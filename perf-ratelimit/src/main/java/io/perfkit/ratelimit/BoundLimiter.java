package io.perfkit.ratelimit;

import org.jspecify.annotations.Nullable;

/**
 * A plan of a limiter bound to the keys of one request: decides as {@link RateLimiter#check(Plan,
 * Request)} does, without looking the plan and the key up each time. For a caller that checks the
 * same keys often, such as a queue's consumer; it needs no close, and keeps no key from being
 * dropped once all its permits are back. Thread safe.
 */
public final class BoundLimiter {
  private final RateLimiter limiter;
  private final PreparedPlan plan;
  private final Request request;
  private final @Nullable CheckRequest known;

  /**
   * @param known the check of {@code request}; null if it is made anew each time
   */
  BoundLimiter(
      RateLimiter limiter, PreparedPlan plan, Request request, @Nullable CheckRequest known) {
    this.limiter = limiter;
    this.plan = plan;
    this.request = request;
    this.known = known;
  }

  /**
   * As {@link RateLimiter#check(Plan, Request)}.
   *
   * @throws IllegalStateException after {@link RateLimiter#close()}
   */
  public Decision check() {
    return limiter.decide(this, 1, true);
  }

  /**
   * As {@link RateLimiter#check(Plan, Request, long)}.
   *
   * @throws IllegalArgumentException if {@code permits} is below 1
   * @throws IllegalStateException after {@link RateLimiter#close()}
   */
  public Decision check(long permits) {
    return limiter.decide(this, permits, true);
  }

  /** As {@link RateLimiter#peek}. */
  public Decision peek() {
    return limiter.decide(this, 1, false);
  }

  PreparedPlan plan() {
    return plan;
  }

  Request request() {
    return request;
  }

  @Nullable CheckRequest known() {
    return known;
  }

  @Override
  public String toString() {
    return "BoundLimiter[" + plan.plan().name() + ", " + request + "]";
  }
}
