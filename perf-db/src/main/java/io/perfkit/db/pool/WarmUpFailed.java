package io.perfkit.db.pool;

import io.perfkit.db.DbException;
import org.jspecify.annotations.Nullable;

/**
 * Too few connections could be opened for the pool's {@link WarmUpPolicy}. Those that were opened
 * are closed again.
 */
public final class WarmUpFailed extends DbException {
  private final transient WarmUp warmUp;

  WarmUpFailed(String pool, WarmUpPolicy policy, WarmUp warmUp, @Nullable Throwable cause) {
    super("pool '" + pool + "': " + warmUp + " (policy: " + policy + ")", cause);
    this.warmUp = warmUp;
  }

  /** Result of the warm-up. */
  public WarmUp warmUp() {
    return warmUp;
  }
}
