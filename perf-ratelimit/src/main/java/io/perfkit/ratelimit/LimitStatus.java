package io.perfkit.ratelimit;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Status of one policy after a decision, for the request's key. Immutable.
 *
 * @param policy which this status is of
 * @param limit most permits at once, {@link Limit#capacity()}; the node's share of it if the
 *     decision is degraded
 * @param remaining permits that are left now
 * @param resetAfter time until all permits are available again if no other request comes
 * @param retryAfter time until this policy admits the request if no other request comes: exactly
 *     then, not sooner; zero if it admits it now, the duration of {@link
 *     java.time.temporal.ChronoUnit#FOREVER} if it never will
 */
public record LimitStatus(
    Policy policy, long limit, long remaining, Duration resetAfter, Duration retryAfter) {
  public LimitStatus {
    requireNonNull(policy, "policy");
    requireNonNull(resetAfter, "resetAfter");
    requireNonNull(retryAfter, "retryAfter");
  }

  /** Whether the policy refuses the request, or would if it were no shadow. */
  public boolean refuses() {
    return !retryAfter.isZero();
  }
}
