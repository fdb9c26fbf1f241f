package io.perfkit.ratelimit.weave;

import static java.util.Objects.requireNonNull;

import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.RateLimiter;
import io.perfkit.weave.Aspect;
import io.perfkit.weave.Layer;
import io.perfkit.weave.Site;
import java.lang.annotation.Annotation;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The aspect that implements {@link RateLimited}, to be given to a {@link io.perfkit.weave.Weaver}.
 * Its layer is outside caches, so that no cache answers a refused call, and inside monitoring,
 * which sees refusals. Thread safe.
 *
 * <p>Cost of a woven call: that of {@link RateLimiter#check}, on the caller's thread, also if the
 * method returns a stage.
 */
public final class RateLimitAspect implements Aspect {
  private final RateLimiter limiter;
  private final Map<String, Plan> plans;

  private RateLimitAspect(RateLimiter limiter, Map<String, Plan> plans) {
    this.limiter = limiter;
    this.plans = plans;
  }

  /**
   * An aspect for annotations that name these plans.
   *
   * @throws IllegalArgumentException if two plans have one name
   */
  public static RateLimitAspect of(RateLimiter limiter, Plan... plans) {
    Map<String, Plan> named = new TreeMap<>();
    for (Plan plan : plans) {
      if (named.put(plan.name(), plan) != null) {
        throw new IllegalArgumentException(
            "plans: two are named '" + plan.name() + "' (expected: one of each name)");
      }
    }
    return new RateLimitAspect(requireNonNull(limiter, "limiter"), named);
  }

  /** The layer around the caches, which may answer instead of the method. */
  @Override
  public Layer layer() {
    return Layer.ADMIT;
  }

  @Override
  public Set<Class<? extends Annotation>> annotations() {
    return Set.of(RateLimited.class);
  }

  @Override
  public void weave(List<Site> sites) {
    for (Site site : sites) {
      for (RateLimited annotation : site.annotations(RateLimited.class)) {
        weave(site, annotation);
      }
    }
  }

  private void weave(Site site, RateLimited annotation) {
    Plan plan = plans.get(annotation.plan());
    if (plan == null) {
      site.refuse(
          "there is no plan '"
              + annotation.plan()
              + "' (known: "
              + String.join(", ", plans.keySet())
              + "); give it to RateLimitAspect.of(..)");
      return;
    }
    new RateLimitedSite(site, plan).weave(annotation.key(), limiter);
  }
}
