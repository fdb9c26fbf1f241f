package io.perfkit.db.pool;

final class ResizeH2IT extends ResizeContract {
  private final PoolDatabase database = PoolDatabase.h2();

  @Override
  PoolDatabase database() {
    return database;
  }
}
