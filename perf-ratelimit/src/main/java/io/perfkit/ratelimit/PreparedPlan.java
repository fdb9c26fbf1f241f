package io.perfkit.ratelimit;

import org.jspecify.annotations.Nullable;

/**
 * A plan of one limiter: with its rules, and those of keys that have limits of their own. Thread
 * safe.
 */
final class PreparedPlan implements Plan.Prepared {
  private static final String ALL = "";

  private final Plan plan;
  private final Rule[] rules;
  private final @Nullable String[] dimensions;
  private final @Nullable KeyLimits @Nullable [] limits;
  private final Decisions decisions;

  /**
   * @param rules of the plan's parts, in their order
   * @param limits of the keys of each rule; null where all keys have the policy's limit
   */
  PreparedPlan(
      Plan plan, Rule[] rules, @Nullable KeyLimits @Nullable [] limits, Decisions decisions) {
    this.plan = plan;
    this.rules = rules;
    this.limits = limits;
    this.decisions = decisions;
    this.dimensions = new @Nullable String[rules.length];
    for (int i = 0; i < rules.length; i++) {
      dimensions[i] = plan.parts().get(i).dimension();
    }
  }

  /**
   * Decides {@code request}, from the denial cache if it may.
   *
   * @param charge whether permits are taken, and the decision is counted
   */
  Decision decide(Request request, long permits, boolean charge) {
    if (charge && decisions.remembers()) {
      for (int i = 0; i < rules.length; i++) {
        String key = key(i, request);
        Decision known = key == null ? null : decisions.remembered(rule(i, key), key, permits);
        if (known != null) {
          return known;
        }
      }
    }
    return decisions.decide(check(request, permits), charge);
  }

  /** Decides {@code check}, which is one of this plan, from the denial cache if it may. */
  Decision decide(CheckRequest check, boolean charge) {
    if (charge && decisions.remembers()) {
      for (int i = 0; i < check.size(); i++) {
        Decision known = decisions.remembered(check.rule(i), check.key(i), check.permits());
        if (known != null) {
          return known;
        }
      }
    }
    return decisions.decide(check, charge);
  }

  /** The check of {@code request}, to be kept; null if the limits of its keys may change. */
  @Nullable CheckRequest keep(Request request) {
    CheckRequest check = check(request, 1);
    return limits == null ? check.kept() : null;
  }

  Plan plan() {
    return plan;
  }

  /** Whether the limiter of {@code those} prepared it. */
  boolean isOf(Decisions those) {
    return decisions == those;
  }

  boolean isClosed() {
    return decisions.isClosed();
  }

  /** The rule of part {@code i} for a key. */
  private Rule rule(int i, String key) {
    KeyLimits ofKeys = limits == null ? null : limits[i];
    return ofKeys == null || dimensions[i] == null ? rules[i] : ofKeys.rule(key);
  }

  /** The rules, which a request may replace if keys have limits of their own. */
  private Rule[] rules() {
    return limits == null ? rules : rules.clone();
  }

  /** The key of {@code request} that rule {@code i} counts by; null if it has none. */
  private @Nullable String key(int i, Request request) {
    String dimension = dimensions[i];
    return dimension == null ? ALL : request.key(dimension);
  }

  /** The check of {@code request}, without optional parts whose key the request lacks. */
  CheckRequest check(Request request, long permits) {
    if (rules.length == 1 && limits == null) { // the most usual plan, without loops
      String key = key(0, request);
      if (key != null) {
        return new CheckRequest(rules, new String[] {key}, permits);
      }
    }
    String[] keys = new String[rules.length];
    Rule[] ofKeys = rules();
    boolean complete = true;
    for (int i = 0; i < rules.length; i++) {
      String key = key(i, request);
      if (key != null) {
        keys[i] = key;
        if (limits != null) {
          ofKeys[i] = rule(i, key);
        }
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
    CheckRequest check = new CheckRequest(ofKeys, keys, permits);
    return complete ? check : check.only(i -> key(i, request) != null);
  }

  /**
   * The check of {@code request} with only the parts for which it has a key.
   *
   * @param looks whether limits of keys are looked up; otherwise the rules are the policies' own
   */
  CheckRequest checkPresent(Request request, boolean looks) {
    String[] keys = new String[rules.length];
    Rule[] ofKeys = looks ? rules() : rules;
    for (int i = 0; i < rules.length; i++) {
      String key = key(i, request);
      keys[i] = key == null ? ALL : key;
      if (looks && limits != null && key != null) {
        ofKeys[i] = rule(i, key);
      }
    }
    return new CheckRequest(ofKeys, keys, 1).only(i -> key(i, request) != null);
  }
}
