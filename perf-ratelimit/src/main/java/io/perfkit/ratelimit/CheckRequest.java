package io.perfkit.ratelimit;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One request as a store sees it: the rules that apply, the key of each, and how many times the
 * policies' cost is requested. Immutable.
 */
final class CheckRequest {
  private final Rule[] rules;
  private final String[] keys;
  private final long permits;
  private final @Nullable Place place;

  /** Keeps the arrays, which the caller must not change. */
  CheckRequest(Rule[] rules, String[] keys, long permits) {
    this(rules, keys, permits, null);
  }

  private CheckRequest(Rule[] rules, String[] keys, long permits, @Nullable Place place) {
    this.rules = rules;
    this.keys = keys;
    this.permits = permits;
    this.place = place;
  }

  /** Where a store found the key of the only rule last. Thread safe. */
  static final class Place {
    volatile @Nullable Found found;
  }

  /** What a store may find at a key. */
  interface Found {}

  /** The same request, to be kept and checked often. */
  CheckRequest kept() {
    return new CheckRequest(rules, keys, permits, new Place());
  }

  /** The same request for another number of permits. */
  CheckRequest times(long number) {
    return number == permits ? this : new CheckRequest(rules, keys, number, place);
  }

  /** Null of a request that is checked once. */
  @Nullable Place place() {
    return place;
  }

  int size() {
    return rules.length;
  }

  Rule rule(int i) {
    return rules[i];
  }

  /** The key of rule {@code i}; empty for a rule that counts all requests together. */
  String key(int i) {
    return keys[i];
  }

  /** The permits that the request needs of rule {@code i}. */
  long cost(int i) {
    return rules[i].policy().cost() * permits;
  }

  /** The permits of rule {@code i} that {@code part} of the request's permits cost. */
  long cost(int i, long part) {
    return rules[i].policy().cost() * part;
  }

  /**
   * The permits to be charged to rule {@code i} whatever is left: of a window no more than it
   * holds, since it refuses everything then until they leave it.
   */
  long charge(int i) {
    long most = rules[i].isBucket() ? Limit.EXACT_MAX : rules[i].policy().limit().capacity();
    return permits >= most / rules[i].policy().cost() ? most : cost(i);
  }

  /** How many times the policies' cost the request needs. */
  long permits() {
    return permits;
  }

  /** Whether the request needs more permits than rule {@code i} ever has. */
  boolean isTooMuch(int i) {
    return permits > rules[i].timesMax();
  }

  /** Whether permits are held by one of the rules. */
  boolean holds() {
    for (Rule rule : rules) {
      if (rule.leases()) {
        return true;
      }
    }
    return false;
  }

  /** Requests are equal if the same rules count them under the same keys for the same cost. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CheckRequest check
        && permits == check.permits
        && Arrays.equals(rules, check.rules)
        && Arrays.equals(keys, check.keys);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * Arrays.hashCode(keys) + Arrays.hashCode(rules)) + Long.hashCode(permits);
  }

  /** The request with only the rules that {@code kept} chooses. */
  CheckRequest only(Choice kept) {
    int size = 0;
    for (int i = 0; i < rules.length; i++) {
      size += kept.keeps(i) ? 1 : 0;
    }
    if (size == rules.length) {
      return this;
    }
    Rule[] someRules = new Rule[size];
    String[] someKeys = new String[size];
    int at = 0;
    for (int i = 0; i < rules.length; i++) {
      if (kept.keeps(i)) {
        someRules[at] = rules[i];
        someKeys[at++] = keys[i];
      }
    }
    return new CheckRequest(someRules, someKeys, permits);
  }

  /** Chooses rules by their place. */
  interface Choice {
    boolean keeps(int rule);
  }

  /** The same rules and keys, with the cost requested once. */
  CheckRequest once() {
    return times(1);
  }
}
