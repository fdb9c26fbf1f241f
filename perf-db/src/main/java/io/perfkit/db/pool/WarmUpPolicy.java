package io.perfkit.db.pool;

/** How many connections must be open before a pool is handed out. */
public enum WarmUpPolicy {
  /** All that were wanted, or {@link PoolManager.Builder#build} throws {@link WarmUpFailed}. */
  REQUIRE_ALL,
  /** At least one, or {@link PoolManager.Builder#build} throws {@link WarmUpFailed}. */
  REQUIRE_ONE,
  /** None: the pool opens missing connections on demand. */
  BEST_EFFORT;

  boolean accepts(WarmUp warmUp) {
    return switch (this) {
      case REQUIRE_ALL -> warmUp.ready() >= warmUp.wanted();
      case REQUIRE_ONE -> warmUp.ready() >= Math.min(1, warmUp.wanted());
      case BEST_EFFORT -> true;
    };
  }
}
