package io.perfkit.ratelimit;

import java.util.List;

/**
 * One request as a store sees it: the rules that apply, with the key that each counts by, and how
 * many times the policies' cost is asked for. Immutable.
 */
record Ask(List<Rule> rules, List<String> keys, long permits) {
  int size() {
    return rules.size();
  }

  Rule rule(int i) {
    return rules.get(i);
  }

  String key(int i) {
    return keys.get(i);
  }

  /** What rule {@code i} is asked for. */
  long cost(int i) {
    return rules.get(i).policy().cost() * permits;
  }
}
