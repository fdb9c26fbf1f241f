package io.perfkit.db.pool;

final class PoolWatchH2IT extends PoolWatchContract {
  private final PoolDatabase database = PoolDatabase.h2();

  @Override
  PoolDatabase database() {
    return database;
  }
}
