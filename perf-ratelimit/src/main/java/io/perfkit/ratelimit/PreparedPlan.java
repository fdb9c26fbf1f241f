package io.perfkit.ratelimit;

import org.jspecify.annotations.Nullable;

/** A plan with the rules of one limiter. Immutable. */
final class PreparedPlan {
  private static final String ALL = "";

  private final Plan plan;
  private final Rule[] rules;
  private final @Nullable String[] dimensions;

  /**
   * @param rules of the plan's parts, in their order
   */
  PreparedPlan(Plan plan, Rule[] rules) {
    this.plan = plan;
    this.rules = rules;
    this.dimensions = new @Nullable String[rules.length];
    for (int i = 0; i < rules.length; i++) {
      dimensions[i] = plan.parts().get(i).dimension();
    }
  }

  int size() {
    return rules.length;
  }

  Rule rule(int i) {
    return rules[i];
  }

  /** The key of {@code request} that rule {@code i} counts by; null if it has none. */
  @Nullable String key(int i, Request request) {
    String dimension = dimensions[i];
    return dimension == null ? ALL : request.key(dimension);
  }

  /** The check of {@code request}, without optional parts whose key the request lacks. */
  CheckRequest check(Request request, long permits) {
    String[] keys = new String[rules.length];
    boolean complete = true;
    for (int i = 0; i < rules.length; i++) {
      String key = key(i, request);
      if (key != null) {
        keys[i] = key;
      } else if (plan.parts().get(i).optional()) {
        keys[i] = ALL;
        complete = false;
      } else {
        throw new IllegalArgumentException(
            "request: "
                + request
                + " (expected: a key of '"
                + dimensions[i]
                + "' for "
                + plan
                + ")");
      }
    }
    CheckRequest check = new CheckRequest(rules, keys, permits);
    return complete ? check : check.only(i -> key(i, request) != null);
  }

  /** The check of {@code request} with only the parts for which it has a key. */
  CheckRequest checkPresent(Request request) {
    String[] keys = new String[rules.length];
    for (int i = 0; i < rules.length; i++) {
      String key = key(i, request);
      keys[i] = key == null ? ALL : key;
    }
    return new CheckRequest(rules, keys, 1).only(i -> key(i, request) != null);
  }
}
