package io.perfkit.ratelimit;

import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides checks: asks the denial cache, then the store, and counts what they answer. Thread safe.
 */
final class Decisions {
  private static final Logger LOG = LoggerFactory.getLogger(RateLimiter.class);

  private final String name;
  private final Store store;
  private final @Nullable RateLimiterMeters meters;
  private final HeavyHitters heavyHitters;
  private final DenialCache denials;
  private final boolean remembers;
  private final boolean counts;
  private final LongSupplier nanos;
  private final OncePerMinute degradedLog;
  private volatile boolean closed;

  /**
   * @param name of the limiter, in messages
   * @param remembers whether refusals may be answered from the denial cache
   */
  Decisions(
      String name,
      Store store,
      @Nullable RateLimiterMeters meters,
      RateLimiterConfig config,
      boolean remembers,
      LongSupplier nanos) {
    this.name = name;
    this.store = store;
    this.meters = meters;
    this.heavyHitters = new HeavyHitters(config.maxRefusedKeys());
    this.denials = new DenialCache(config, heavyHitters, nanos);
    this.remembers = remembers;
    this.counts = !store.counts();
    this.nanos = nanos;
    this.degradedLog = new OncePerMinute(nanos);
  }

  boolean isClosed() {
    return closed;
  }

  /** Reports that no more are asked for. */
  void close() {
    closed = true;
  }

  /** Whether {@link #remembered} may find a refusal. */
  boolean remembers() {
    return remembers;
  }

  /** The refusal of a key to repeat without asking the store, or null. Allocates nothing. */
  @Nullable Decision remembered(Rule rule, String key, long permits) {
    return denials.find(rule, key, permits);
  }

  /**
   * Asks the store.
   *
   * @param charge whether permits are taken if all rules admit it, and the decision is counted
   */
  Decision decide(CheckRequest check, boolean charge) {
    for (int i = 0; i < check.size(); i++) {
      if (check.isTooMuch(i)) {
        return tooMuch(check, charge);
      }
    }
    return charge ? charged(check) : store.decide(check, false).decision();
  }

  /** Refuses a request that costs more than a policy ever holds, without counting it. */
  private Decision tooMuch(CheckRequest check, boolean charge) {
    CheckRequest possible =
        check.only(i -> !check.isTooMuch(i) || !check.rule(i).policy().shadow());
    for (int i = 0; i < possible.size(); i++) {
      if (possible.isTooMuch(i)) {
        possible.rule(i).denied.increment();
        CheckResult result = store.decide(possible.once(), false);
        return result.withNever(possible.rule(i), possible).decision();
      }
    }
    return charge ? charged(possible) : store.decide(possible, false).decision(); // only shadows
  }

  private Decision charged(CheckRequest check) {
    int epoch = remembers ? denials.epoch() : 0;
    long sent = remembers || meters != null ? nanos.getAsLong() : 0;
    CheckResult result = store.decide(check, true);
    if (meters != null) {
      meters.checked(nanos.getAsLong() - sent);
    }
    if (!counts && check.size() == 1 && result.code(0) == CheckResult.ADMITS) {
      return new Decision.Allowed(result);
    }
    int worst = result.worst();
    count(check, result, worst);
    if (worst >= 0 && remembers && !result.degraded()) {
      denials.remember(result, worst, sent, epoch);
    }
    return result.decision(worst);
  }

  private void count(CheckRequest check, CheckResult result, int worst) {
    CheckRequest decided = result.check();
    for (int i = 0; i < decided.size(); i++) {
      Rule rule = decided.rule(i);
      if (result.code(i) != CheckResult.ADMITS) {
        rule.denied.increment();
        heavyHitters.add(rule, decided.key(i), 1);
      } else if (counts && worst < 0) {
        rule.allowed.increment();
      }
    }
    if (result.degraded()) {
      degraded(check);
    }
  }

  private void degraded(CheckRequest check) {
    for (int i = 0; i < check.size(); i++) {
      check.rule(i).degraded.increment();
    }
    if (degradedLog.isDue()) {
      LOG.warn(
          "Rate limiter '{}' on {} decides without Redis (degraded), policy {} by {}",
          name,
          store,
          check.rule(0).policy().name(),
          check.rule(0).policy().onRedisDown());
    }
  }

  /** Forgets the refusals of the keys of {@code check}, when a call has changed their counts. */
  void forget(CheckRequest check) {
    denials.forget(check);
  }

  /** The keys that were refused most, the worst first. */
  List<RefusedKey> topRefused() {
    denials.flush();
    return heavyHitters.list();
  }
}
