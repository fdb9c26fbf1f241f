package io.perfkit.ratelimit;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How one policy stands after a decision, for the key that was asked about. Immutable.
 *
 * @param policy whose standing it is
 * @param limit most permits at once, {@link Limit#capacity()}; the node's share of it if the
 *     decision is degraded
 * @param remaining permits that are left now
 * @param resetAfter time until all permits are there again if nothing else is asked
 * @param retryAfter time until this policy admits what was asked, if nothing else is asked: exactly
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

  /** Whether the policy refuses what was asked; if it is a shadow, it would. */
  public boolean refuses() {
    return !retryAfter.isZero();
  }
}
