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
 * The method runs only if a plan admits the call: {@code @RateLimited(plan = "orders", key =
 * "customer.id")}. A call that is refused throws {@link RateLimitExceeded}, or, if the method
 * returns a stage, gives one that failed with it. Permits of a {@link Limit.Concurrency} are held
 * until the method, or its stage, has ended. Put into effect by a {@link RateLimitAspect}.
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
   * dimension of the plan, in the order in which the plan names them first. A null leaves an
   * optional dimension away.
   */
  String[] key() default {};
}
