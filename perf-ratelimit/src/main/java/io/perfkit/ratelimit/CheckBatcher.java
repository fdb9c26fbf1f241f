package io.perfkit.ratelimit;

import io.perfkit.redis.Batcher;
import io.perfkit.redis.RedisException;
import io.perfkit.redis.RedisGuard;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Group commit of checks: one command decides the requests of many threads, and equal requests
 * share one part of it. A {@link Batcher} of {@link CheckBatch}es. Thread safe.
 */
final class CheckBatcher {
  private final Batcher<CheckBatch.Member, CheckResult> batcher;

  CheckBatcher(Sender sender, AdmissionListener admissions, RedisGuard guard) {
    this.batcher = Batcher.create(guard, () -> new CheckBatch(sender, admissions));
  }

  /** Asks Redis. */
  interface Sender {
    /**
     * Sends one command that decides all shares, one after the other.
     *
     * @return the outcome of each, in their order
     * @throws RedisException if Redis can't be asked
     */
    List<Outcome> send(List<Share> shares);
  }

  /** Learns of admitted requests before their threads do. */
  interface AdmissionListener {
    void admitted(CheckRequest check, int times);
  }

  /**
   * Equal requests.
   *
   * @param times how many there are; 0 for one that is not to be charged
   */
  record Share(CheckRequest check, int times) {}

  /**
   * Outcome of equal requests.
   *
   * @param admitted how many were
   * @param result the result after the last admitted one; if none was admitted, that of a refusal
   */
  record Outcome(int admitted, CheckResult result) {}

  /** The decision, or null if Redis could not be asked in time. */
  @Nullable CheckResult decide(CheckRequest check, boolean charge) {
    return batcher.submit(new CheckBatch.Member(check, charge));
  }

  /** Number of callers that wait for their own batch or another caller's. */
  int waiting() {
    return batcher.waiting();
  }
}
