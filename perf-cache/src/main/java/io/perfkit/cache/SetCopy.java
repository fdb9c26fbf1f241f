package io.perfkit.cache;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A local copy of a set whose members expire by the server's clock. That clock read {@code
 * serverMillis} between {@code askedNanos} and {@code answeredNanos} of this node's clock, so its
 * present time is known to within that round trip and the drift of the two clocks. Redis is asked
 * about a member whose end falls into that range. Immutable.
 *
 * @param ends the server's time in milliseconds at which each member ends
 */
record SetCopy<E>(Map<E, Long> ends, long serverMillis, long askedNanos, long answeredNanos) {
  private static final long NANOS_PER_MILLI = 1_000_000;

  /** The clocks of two machines drift apart by at most one part in this. */
  private static final long DRIFT = 1_000;

  /** The members that live; null if only the server knows about one of them. */
  @Nullable Set<E> living(long nowNanos) {
    Set<E> living = new HashSet<>();
    for (Map.Entry<E, Long> member : ends.entrySet()) {
      Boolean lives = lives(member.getValue(), nowNanos);
      if (lives == null) {
        return null;
      }
      if (lives) {
        living.add(member.getKey());
      }
    }
    return living;
  }

  /** Whether a member that ends at {@code end} lives; null if only the server knows. */
  @Nullable Boolean lives(long end, long nowNanos) {
    if (end > latest(nowNanos)) {
      return Boolean.TRUE;
    }
    return end <= earliest(nowNanos) ? Boolean.FALSE : null;
  }

  private long latest(long nowNanos) {
    long passed = nowNanos - askedNanos;
    return serverMillis + (passed + passed / DRIFT) / NANOS_PER_MILLI + 1;
  }

  private long earliest(long nowNanos) {
    long passed = nowNanos - answeredNanos;
    return serverMillis + (passed - passed / DRIFT) / NANOS_PER_MILLI;
  }
}
