package io.perfkit.ratelimit;

import io.perfkit.redis.BreakerState;
import java.time.Duration;
import java.util.function.Predicate;

/** Where permits are counted, and so decided. Thread safe. */
interface Store extends AutoCloseable {
  /**
   * Decides all rules of {@code check} at once. Throws nothing because of Redis.
   *
   * @param charge whether permits are taken if all rules admit it
   */
  CheckResult decide(CheckRequest check, boolean charge);

  /**
   * Gives back what an admitted request took, as far as it has not come back by itself.
   *
   * @param which of its rules
   * @return whether that was done for certain
   */
  boolean giveBack(CheckResult result, Predicate<Rule> which);

  /** Refuses the keys of {@code check} for {@code duration} from now, instead of earlier blocks. */
  void block(CheckRequest check, Duration duration);

  /** Forgets what the keys of {@code check} spent, and that they are blocked. */
  void reset(CheckRequest check);

  /** Closed while Redis decides, and in process. */
  BreakerState breaker();

  /** Keys that this node counts by itself. */
  int keys();

  /** Requests for new keys that were counted together, since there were too many keys. */
  long overflows();

  @Override
  void close();
}
