package io.perfkit.db.pool;

import io.perfkit.testing.Await;
import io.perfkit.testing.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** What the tests of a pool have in common. */
final class Pools {
  static final Duration SOON = Duration.ofSeconds(15); // HikariCP itself looks each 30 s

  private Pools() {}

  /** Small, quick to time out, and without a warm-up. */
  static PoolConfig.Builder config() {
    return PoolConfig.builder(2)
        .name("test")
        .size(4)
        .minIdle(2)
        .maxSize(16)
        .acquireTimeout(Duration.ofSeconds(20))
        .warmUp(Duration.ZERO)
        .drain(Duration.ZERO);
  }

  /** Connections under a name by which the server counts them. */
  static DataSource named(TestDatabase database, String application) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(database.jdbcUrl());
    source.setUser(database.user());
    source.setPassword(database.password());
    source.setApplicationName(application);
    return source;
  }

  /** Sessions that the server has under that name. */
  static int sessions(TestDatabase database, String application) {
    String sql =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + application + "'";
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getInt(1);
    } catch (SQLException e) {
      throw new AssertionError(sql, e);
    }
  }

  static void awaitSessions(TestDatabase database, String application, int count) {
    Await.until(
        count + " sessions of " + application,
        SOON,
        () -> sessions(database, application) == count);
  }

  static int one(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT 1")) {
      row.next();
      return row.getInt(1);
    }
  }

  /** Each by a thread of its own, so that none of them nests. */
  static List<Connection> take(DataSource source, int count)
      throws InterruptedException, ExecutionException, TimeoutException {
    List<Connection> taken = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      taken.add(get(async("taker-" + i, source::getConnection)));
    }
    return taken;
  }

  static void close(List<Connection> connections) throws SQLException {
    for (Connection connection : connections) {
      connection.close();
    }
  }

  /** Runs it on a thread of its own. */
  static <T> CompletableFuture<T> async(String name, Callable<T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                result.complete(task.call());
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            },
            name);
    thread.setDaemon(true);
    thread.start();
    return result;
  }

  static <T> T get(CompletableFuture<T> future)
      throws InterruptedException, ExecutionException, TimeoutException {
    return future.get(30, TimeUnit.SECONDS);
  }
}
