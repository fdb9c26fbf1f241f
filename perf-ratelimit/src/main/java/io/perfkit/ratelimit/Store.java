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
   * Gives back the permits that an admitted request took, as far as they have not returned by
   * themselves.
   *
   * @param which of its rules
   * @return whether that was done for certain
   */
  boolean giveBack(CheckResult result, Predicate<Rule> which);

  /** Blocks the keys of {@code check} for {@code duration} from now, replacing earlier blocks. */
  void block(CheckRequest check, Duration duration);

  /** Gives the keys of {@code check} all permits back and ends their blocks. */
  void reset(CheckRequest check);

  /** State of the breaker; always closed in process. */
  BreakerState breaker();

  /** Keys that this node counts by itself. */
  int keys();

  /** Requests for new keys that were counted together because there were too many keys. */
  long overflows();

  @Override
  void close();
}
