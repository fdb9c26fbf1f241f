package io.perfkit.benchmarks;

import static io.perfkit.benchmarks.Measure.BYTES;
import static io.perfkit.benchmarks.Measure.TIME;
import static io.perfkit.benchmarks.Target.atMost;

import com.p6spy.engine.common.ConnectionInformation;
import com.p6spy.engine.common.StatementInformation;
import com.p6spy.engine.event.SimpleJdbcEventListener;
import com.p6spy.engine.wrapper.ConnectionWrapper;
import io.perfkit.db.query.QueryMonitor;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import javax.sql.DataSource;
import net.ttddyy.dsproxy.support.ProxyDataSourceBuilder;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What it costs to see a statement: prepare, three parameters, execute, read a row and close, on a
 * driver that does nothing. The monitor keeps all its figures, the peers count and time.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 10, time = 400, timeUnit = TimeUnit.MILLISECONDS)
public class DbMonitor implements Area {
  private static final String SQL =
      "select id, name from item where kind = ? and price < ? and id > ?";

  @Override
  public String name() {
    return "db-monitor";
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        Figure.excess("cost", "perfkit", "driver", 100),
        Figure.limit("alloc", BYTES, "perfkit", 64),
        Figure.ratio("vs-datasource-proxy", TIME, "perfkit", "datasourceProxy", atMost(0.2)),
        Figure.ratio("vs-p6spy", TIME, "perfkit", "p6spy", atMost(0.6)));
  }

  @Benchmark
  public int driver(Driver driver) throws SQLException {
    return read(driver.connection);
  }

  @Benchmark
  public int perfkit(InPerfkit perfkit) throws SQLException {
    return read(perfkit.connection);
  }

  @Benchmark
  public int datasourceProxy(InDatasourceProxy proxy) throws SQLException {
    return read(proxy.connection);
  }

  @Benchmark
  public int p6spy(InP6spy spy) throws SQLException {
    return read(spy.connection);
  }

  private static int read(Connection connection) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(SQL)) {
      select.setInt(1, 7);
      select.setInt(2, 8);
      select.setInt(3, 9);
      try (ResultSet rows = select.executeQuery()) {
        if (!rows.next()) {
          throw new IllegalStateException("no row (expected: one)");
        }
        return rows.getInt(1);
      }
    }
  }

  /** Nothing before it. */
  @State(Scope.Thread)
  public static class Driver {
    private final Connection connection = borrowed(StubDriver.dataSource());
  }

  /** With default settings. */
  @State(Scope.Thread)
  public static class InPerfkit {
    private final QueryMonitor monitor = QueryMonitor.create();
    private final Connection connection = borrowed(monitor.wrap(StubDriver.dataSource()));

    @TearDown
    public void close() {
      long calls = monitor.stats().calls();
      monitor.close();
      if (calls == 0) {
        throw new IllegalStateException("nothing was counted");
      }
    }
  }

  /** Counting queries and their times by kind. */
  @State(Scope.Thread)
  public static class InDatasourceProxy {
    private final Connection connection =
        borrowed(ProxyDataSourceBuilder.create(StubDriver.dataSource()).countQuery().build());
  }

  /** Its wrappers with a listener that counts and times; no log. */
  @State(Scope.Thread)
  public static class InP6spy {
    private final LongAdder count = new LongAdder();
    private final LongAdder nanos = new LongAdder();
    private final Connection connection =
        ConnectionWrapper.wrap(
            borrowed(StubDriver.dataSource()),
            new SimpleJdbcEventListener() {
              @Override
              public void onAfterAnyExecute(
                  StatementInformation statement, long elapsed, SQLException failure) {
                count.increment();
                nanos.add(elapsed);
              }
            },
            ConnectionInformation.fromTestConnection(borrowed(StubDriver.dataSource())));
  }

  private static Connection borrowed(DataSource database) {
    try {
      return database.getConnection();
    } catch (SQLException e) {
      throw new IllegalStateException("no connection", e);
    }
  }
}
