package io.perfkit.examples.marketplace;

import com.zaxxer.hikari.HikariDataSource;
import io.perfkit.db.pool.PoolConfig;
import io.perfkit.db.pool.PoolManager;
import io.perfkit.db.pool.TunerConfig;
import io.perfkit.db.pool.TunerDecision;
import io.perfkit.db.query.QueryMonitor;
import io.perfkit.db.query.UnitOfWork;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import javax.sql.DataSource;

/**
 * The pool of a host. Both variants see theirs through a query monitor, so that neither pays for it
 * alone. Thread safe.
 */
final class HostDatabase implements AutoCloseable {
  private final SqlCounter counter = new SqlCounter();
  private final QueryMonitor monitor = QueryMonitor.create();
  private final DataSource dataSource;
  private final IntSupplier size;
  private final Supplier<List<String>> told;
  private final Runnable closing;

  private HostDatabase(
      DataSource pool, IntSupplier size, Supplier<List<String>> told, Runnable closing) {
    this.dataSource = monitor.wrap(counter.counting(pool));
    this.size = size;
    this.told = told;
    this.closing = closing;
  }

  /** With the defaults of HikariCP. */
  static HostDatabase plain(DatabaseAddress address) {
    HikariDataSource pool = address.open();
    return new HostDatabase(pool, pool::getMaximumPoolSize, List::of, pool::close);
  }

  /** Sized for the server, opened before the first request, and tuned. */
  static HostDatabase tuned(DatabaseAddress address) {
    // The database of the demo is on this machine, so its cores are ours.
    PoolConfig config = PoolConfig.of(Runtime.getRuntime().availableProcessors());
    PoolManager pool =
        PoolManager.builder(address.connections())
            .config(config)
            .tuner(TunerConfig.defaults())
            .build();
    return new HostDatabase(
        pool.dataSource(), () -> pool.stats().size(), () -> told(pool), pool::close);
  }

  private static List<String> told(PoolManager pool) {
    List<TunerDecision> decisions = pool.decisions();
    String tuned =
        "size %d of at most %d; the tuner decided %d times"
            .formatted(pool.stats().size(), pool.sizing().maxSize(), decisions.size());
    String last =
        decisions.isEmpty() ? "" : ", last in " + decisions.get(decisions.size() - 1).toString();
    return List.of(pool.coldStart() + ", before the first request", tuned + last);
  }

  DataSource dataSource() {
    return dataSource;
  }

  SqlCounter counter() {
    return counter;
  }

  /** One request, on this thread. */
  UnitOfWork request() {
    return monitor.unitOfWork();
  }

  /** Connections that there may be now. */
  int size() {
    return size.getAsInt();
  }

  DatabaseReport report() {
    return DatabaseReport.of(monitor, told.get());
  }

  @Override
  public void close() {
    monitor.close();
    closing.run();
  }
}
