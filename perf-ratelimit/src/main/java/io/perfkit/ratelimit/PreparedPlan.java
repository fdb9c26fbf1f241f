package io.perfkit.ratelimit;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A plan with the rules of one limiter. Immutable. */
final class PreparedPlan {
  private final Plan plan;
  private final List<Rule> rules;

  PreparedPlan(Plan plan, List<Rule> rules) {
    this.plan = plan;
    this.rules = rules;
  }

  /** What {@code request} asks; an optional part is left out if the request lacks its key. */
  Ask ask(Request request, long permits) {
    return ask(request, permits, false);
  }

  /** The parts that {@code request} has a key for. */
  Ask askPresent(Request request) {
    return ask(request, 1, true);
  }

  private Ask ask(Request request, long permits, boolean presentOnly) {
    List<Rule> asked = new ArrayList<>(rules.size());
    List<String> keys = new ArrayList<>(rules.size());
    for (int i = 0; i < rules.size(); i++) {
      Plan.Part part = plan.parts().get(i);
      String key = key(part, request);
      if (key != null) {
        asked.add(rules.get(i));
        keys.add(key);
      } else if (!presentOnly && !part.optional()) {
        throw new IllegalArgumentException(
            "request: " + request + " (expected: a key of '" + part.dimension() + "' for " + plan);
      }
    }
    return new Ask(asked, keys, permits);
  }

  /** Empty for a policy without dimension. */
  private static @Nullable String key(Plan.Part part, Request request) {
    return part.dimension() == null ? "" : request.key(part.dimension());
  }
}
