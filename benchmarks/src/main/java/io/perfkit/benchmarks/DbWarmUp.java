package io.perfkit.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.perfkit.db.pool.PoolConfig;
import io.perfkit.db.pool.PoolManager;
import io.perfkit.testing.PostgresProcess;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * From nothing to a pool with {@value #CONNECTIONS} connections to a PostgreSQL on loopback, that
 * is, without the latency that makes opening them side by side worth more.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3)
@Measurement(iterations = 10)
public class DbWarmUp implements Area {
  private static final int CONNECTIONS = 20;
  private static final long LOOK_NANOS = Duration.ofMillis(1).toNanos();

  @Override
  public String name() {
    return "db-warmup";
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        Figure.speedup("twenty", "perfkit", "hikariFill", 3),
        Figure.speedup("twenty-blocking", "perfkit", "hikariBlockUntilFilled", 1));
  }

  @Benchmark
  public PoolManager perfkit(Server server) {
    PoolConfig config =
        PoolConfig.builder(4)
            .size(CONNECTIONS)
            .minIdle(CONNECTIONS)
            .warmUp(Duration.ofMinutes(1))
            .build();
    PoolManager pool = PoolManager.builder(server.database()).config(config).build();
    server.closeLater(pool);
    if (!pool.coldStart().complete()) {
      throw new IllegalStateException(pool.coldStart().toString());
    }
    return pool;
  }

  @Benchmark
  public HikariDataSource hikariFill(Server server) {
    return fill(server, new HikariConfig());
  }

  /** What HikariCP has for it: a system property, read when a pool is built. */
  @Benchmark
  public HikariDataSource hikariBlockUntilFilled(Server server) {
    System.setProperty("com.zaxxer.hikari.blockUntilFilled", "true");
    HikariConfig config = new HikariConfig();
    config.setInitializationFailTimeout(Duration.ofMinutes(1).toMillis());
    return fill(server, config);
  }

  private static HikariDataSource fill(Server server, HikariConfig config) {
    config.setDataSource(server.database());
    config.setMaximumPoolSize(CONNECTIONS);
    config.setMinimumIdle(CONNECTIONS);
    HikariDataSource pool = new HikariDataSource(config);
    server.closeLater(pool);
    while (pool.getHikariPoolMXBean().getTotalConnections() < CONNECTIONS) {
      LockSupport.parkNanos(LOOK_NANOS);
    }
    return pool;
  }

  /** A PostgreSQL, and the pool that the last invocation made. */
  @State(Scope.Benchmark)
  public static class Server {
    private final PostgresProcess postgres = PostgresProcess.start();
    private @Nullable AutoCloseable pool;

    DataSource database() {
      PGSimpleDataSource source = new PGSimpleDataSource();
      source.setUrl(postgres.jdbcUrl("postgres"));
      source.setUser(postgres.user());
      source.setPassword(postgres.password());
      return source;
    }

    void closeLater(AutoCloseable made) {
      pool = made;
    }

    @Setup(Level.Invocation)
    public void nothingIsOpen() {
      pool = null;
    }

    @TearDown(Level.Invocation)
    public void closePool() throws Exception {
      Objects.requireNonNull(pool).close();
    }

    @TearDown
    public void stop() {
      postgres.close();
    }
  }
}
