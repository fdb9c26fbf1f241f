package io.perfkit.db.pool;

final class TunerH2IT extends TunerContract {
  private final PoolDatabase database = PoolDatabase.h2();

  @Override
  PoolDatabase database() {
    return database;
  }
}
