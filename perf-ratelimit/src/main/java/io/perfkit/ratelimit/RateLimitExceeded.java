package io.perfkit.ratelimit;

/** A call of a {@link RateLimited} method was refused: the method did not run. */
public final class RateLimitExceeded extends RateLimitException {
  private final transient Decision.Denied decision;

  RateLimitExceeded(String plan, Decision.Denied decision) {
    super("refused by plan '" + plan + "': " + decision, null);
    this.decision = decision;
  }

  /** Who refused, and when to come again. */
  public Decision.Denied decision() {
    return decision;
  }
}
