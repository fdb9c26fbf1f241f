package io.perfkit.ratelimit;

import io.perfkit.redis.Batcher;
import io.perfkit.redis.RedisException;
import io.perfkit.redis.RedisGuard;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes one command of the requests of many threads, of equal ones one share of it: a {@link
 * Batcher} whose batches are {@link CheckBatch}es. Thread safe.
 */
final class CheckBatcher {
  private final Batcher<CheckBatch.Member, CheckResult> batcher;

  CheckBatcher(Sender sender, AdmissionListener admissions, RedisGuard guard) {
    this.batcher = Batcher.create(guard, () -> new CheckBatch(sender, admissions));
  }

  /** Asks Redis. */
  interface Sender {
    /**
     * Asks for all shares as one command, one after the other.
     *
     * @return what came of each, in their order
     * @throws RedisException if Redis can't be asked
     */
    List<Outcome> send(List<Share> shares);
  }

  /** Takes note of requests that were admitted, before their threads hear of it. */
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
   * What came of equal requests.
   *
   * @param admitted how many were
   * @param result after the last one that was admitted; if none was, that of a refusal
   */
  record Outcome(int admitted, CheckResult result) {}

  /** The decision, or null if Redis could not be asked in time. */
  @Nullable CheckResult decide(CheckRequest check, boolean charge) {
    return batcher.submit(new CheckBatch.Member(check, charge));
  }

  /** How many callers wait for a batch of their own or of another caller. */
  int waiting() {
    return batcher.waiting();
  }
}
