package io.perfkit.ratelimit;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The {@link KeyLimits} of the policies whose limits the host looks up. Thread safe. */
final class PolicyLimits {
  private final Map<String, Function<? super String, Optional<Limit>>> lookups;
  private final ConcurrentMap<String, KeyLimits> limits = new ConcurrentHashMap<>();
  private final RateLimiterConfig config;
  private final LongSupplier nanos;

  PolicyLimits(
      Map<String, Function<? super String, Optional<Limit>>> lookups,
      RateLimiterConfig config,
      LongSupplier nanos) {
    this.lookups = Map.copyOf(lookups);
    this.config = config;
    this.nanos = nanos;
  }

  /**
   * Makes the limits of a new rule's keys, if they are looked up.
   *
   * @throws IllegalArgumentException if the policy is leased
   */
  void bind(Rule rule) {
    Function<? super String, Optional<Limit>> lookup = lookups.get(rule.policy().name());
    if (lookup == null) {
      return;
    }
    if (rule.leased()) {
      throw new IllegalArgumentException(
          "policy: " + rule.policy() + " (expected: no lease where keys have limits of their own)");
    }
    limits.put(rule.policy().name(), new KeyLimits(rule, lookup, config, nanos));
  }

  /** The limits of the keys of each rule, or null if none of the rules has any. */
  @Nullable KeyLimits @Nullable [] of(Rule[] rules) {
    @Nullable KeyLimits[] ofRules = new @Nullable KeyLimits[rules.length];
    boolean any = false;
    for (int i = 0; i < rules.length; i++) {
      ofRules[i] = limits.get(rules[i].policy().name());
      any |= ofRules[i] != null;
    }
    return any ? ofRules : null;
  }

  /** As {@link RateLimiter#limitChanged}. */
  void changed(String policy, String key) {
    if (!lookups.containsKey(requireNonNull(policy, "policy"))) {
      throw new IllegalArgumentException(
          "policy: '" + policy + "' (expected: one of Builder.limits, " + lookups.keySet() + ")");
    }
    KeyLimits known = limits.get(policy);
    if (known != null && !requireNonNull(key, "key").isEmpty()) {
      known.changed(Request.counted(key));
    }
  }
}
