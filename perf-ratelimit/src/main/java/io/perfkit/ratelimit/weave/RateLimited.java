package io.perfkit.ratelimit.weave;

import io.perfkit.ratelimit.Limit;
import io.perfkit.ratelimit.RateLimitExceeded;
import io.perfkit.weave.ClaimedBy;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Runs the method only if a plan admits the call: {@code @RateLimited(plan = "orders", key =
 * "customer.id")}. A refused call throws {@link RateLimitExceeded}, or, if the method returns a
 * stage, returns one that failed with it. A call holds the permits of a {@link Limit.Concurrency}
 * until the method, or its stage, has ended. Implemented by a {@link RateLimitAspect}.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@ClaimedBy("RateLimitAspect.of(limiter, plans)")
@Target(ElementType.METHOD)
public @interface RateLimited {

  /** The plan's name. */
  String plan();

  /**
   * Expressions over the arguments, as in {@code docs/reference/expressions.md}: one for each
   * dimension of the plan, in the order of their first use in the plan. A null omits an optional
   * dimension.
   */
  String[] key() default {};
}
