package io.perfkit.ratelimit;

import io.perfkit.redis.BreakerState;
import java.time.Duration;
import java.util.function.Predicate;

/** Counts permits, and so decides requests. Thread safe. */
interface Store extends AutoCloseable {
  /**
   * Decides all rules of {@code check} at once. Throws nothing because of Redis.
   *
   * @param charge whether permits are taken if all rules admit it
   */
  CheckResult decide(CheckRequest check, boolean charge);

  /**
   * Gives back a part of the permits that an admitted request took, as far as they have not
   * returned by themselves.
   *
   * @param which of its rules
   * @return whether that was done for certain
   */
  boolean giveBack(CheckResult result, CheckResult.Refund refund, Predicate<Rule> which);

  /**
   * Takes the permits that {@code check} costs, also those that are not there; it has no rules
   * whose permits are held.
   *
   * @return whether that was done for certain
   */
  boolean charge(CheckRequest check);

  /**
   * Holds the held permits of an admitted request anew from now on, all of them or none.
   *
   * @return whether that was done for certain
   */
  boolean renew(CheckResult result);

  /** Blocks the keys of {@code check} for {@code duration} from now, replacing earlier blocks. */
  void block(CheckRequest check, Duration duration);

  /** Gives the keys of {@code check} all permits back and ends their blocks. */
  void reset(CheckRequest check);

  /** Whether it counts by itself how often a rule admits; otherwise its caller does. */
  default boolean counts() {
    return false;
  }

  /** How often {@code rule} has admitted; never less than at an earlier call. */
  default long allowed(Rule rule) {
    return rule.allowed.sum();
  }

  /** State of the breaker; always closed in process. */
  BreakerState breaker();

  /** Keys that this node counts by itself. */
  int keys();

  /** Whether a policy has as many of these keys as it may. */
  boolean isFull();

  /** Requests for new keys that were counted together because there were too many keys. */
  long overflows();

  @Override
  void close();
}
