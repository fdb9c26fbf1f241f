package io.perfkit.ratelimit;

/**
 * A call of a {@link io.perfkit.ratelimit.weave.RateLimited} method was refused: the method did not
 * run.
 */
public final class RateLimitExceeded extends RateLimitException {
  private final transient Decision.Denied decision;

  /** A refusal by the plan of this name. */
  public RateLimitExceeded(String plan, Decision.Denied decision) {
    super("refused by plan '" + plan + "': " + decision, null);
    this.decision = decision;
  }

  /** The decision, with the policy that refused and the time to retry after. */
  public Decision.Denied decision() {
    return decision;
  }
}
