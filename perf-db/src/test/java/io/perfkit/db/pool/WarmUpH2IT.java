package io.perfkit.db.pool;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class WarmUpH2IT extends WarmUpContract {
  private final PoolDatabase database = PoolDatabase.h2();

  @Override
  PoolDatabase database() {
    return database;
  }

  @Test
  void aDatabaseThatTellsNoLimitsHasTheSizesThatAreSet() {
    PoolConfig config = Pools.config().size(10).maxSize(12).instances(50).reserved(1_000).build();

    try (PoolManager pool = PoolManager.builder(database.source()).config(config).build()) {
      assertThat(pool.sizing()).isEqualTo(new PoolSizing(1, 10, 2, 12));
    }
  }
}
