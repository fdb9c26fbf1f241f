package io.perfkit.db.pool;

import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;

/** The pool manager switched off: hands out the database's {@code DataSource}. Immutable. */
final class UnpooledManager extends PoolManager {
  private final DataSource database;

  UnpooledManager(DataSource database) {
    this.database = database;
  }

  @Override
  public DataSource dataSource() {
    return database;
  }

  @Override
  public String name() {
    return "disabled";
  }

  @Override
  public PoolSizing sizing() {
    return new PoolSizing(1, 1, 0, 1);
  }

  @Override
  public WarmUp coldStart() {
    return new WarmUp(0, 0, 0, Duration.ZERO, "");
  }

  @Override
  public void resize(int connections) {}

  @Override
  public WarmUp warmUp(int connections, Duration deadline) {
    return coldStart();
  }

  @Override
  public PoolStats stats() {
    return new PoolStats(
        0, 0, 0, 1, 1, 1, 0, false, 0, 0, Duration.ZERO, Duration.ZERO, Duration.ZERO, 0, 1, 0, 0);
  }

  @Override
  public PoolHealth health() {
    return new PoolHealth(true, false, false, false, false, 0);
  }

  @Override
  public List<LeakSuspect> leakSuspects() {
    return List.of();
  }

  @Override
  public List<TunerDecision> decisions() {
    return List.of();
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return "PoolManager[disabled]";
  }
}
