package io.perfkit.db.pool;

import static io.perfkit.db.pool.Pools.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.db.internal.DelegatingDataSource;
import io.perfkit.testing.Await;
import io.perfkit.testing.PostgresProcess;
import io.perfkit.testing.PostgresReplicated;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The name of the primary leads to another server after a failover; the former one is a standby.
 */
final class FormerPrimaryIT {
  private static final String WARNING =
      "a writer was refused by a read-only server, perhaps the former primary";

  private final PostgresReplicated servers = PostgresReplicated.start();
  private final AtomicReference<DataSource> now = new AtomicReference<>(source(servers.replica()));
  private final DataSource name =
      new DelegatingDataSource(now.get()) {
        @Override
        public Connection getConnection() throws SQLException {
          return now.get().getConnection();
        }
      };

  @AfterEach
  void stop() {
    servers.close();
  }

  private static DataSource source(PostgresProcess server) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(server.jdbcUrl("postgres"));
    source.setUser("postgres");
    return source;
  }

  private PoolManager open(int size) throws SQLException {
    try (Connection primary = source(servers.primary()).getConnection();
        Statement statement = primary.createStatement()) {
      statement.execute("CREATE TABLE t (n int)");
    }
    servers.awaitReplayed();
    return PoolManager.builder(name)
        .config(Pools.config().size(size).minIdle(size).build())
        .build();
  }

  private static boolean write(DataSource pool) throws SQLException {
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      try {
        statement.executeUpdate("INSERT INTO t VALUES (1)");
        connection.commit();
        return true;
      } catch (SQLException refused) {
        assertThat(refused.getSQLState()).isEqualTo("25006");
        connection.rollback(); // the connection is still the caller's
        return false;
      }
    }
  }

  @Test
  void aConnectionThatRefusedAWriterLeavesThePoolAndHealthWarnsUntilAPrimaryIsReached()
      throws SQLException {
    try (PoolManager pool = open(2)) {
      Pools.close(List.of(pool.dataSource().getConnection()));
      Await.until("both are there", SOON, () -> pool.stats().idle() == 2);
      assertThat(write(pool.dataSource())).isFalse();
      Await.until("it leads there again", SOON, () -> pool.stats().idle() == 2);
      assertThat(pool.health().warnings()).contains(WARNING);

      now.set(source(servers.primary()));
      int refused = 0;
      for (int i = 0; i < 20; i++) {
        refused += write(pool.dataSource()) ? 0 : 1;
      }

      assertThat(refused).isLessThanOrEqualTo(2); // the two connections that were open
      Await.until("the primary is reached", SOON, () -> pool.health().warnings().isEmpty());
    }
  }

  @Test
  void aReadOnlyConnectionThatRefusesAWriteStays() throws SQLException {
    try (PoolManager pool = open(1)) {
      int session;
      try (Connection connection = pool.dataSource().getConnection();
          Statement statement = connection.createStatement()) {
        session = session(connection);
        connection.setReadOnly(true);
        assertThatThrownBy(() -> statement.executeUpdate("INSERT INTO t VALUES (1)"))
            .isInstanceOfSatisfying(
                SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25006"));
      }
      assertThat(pool.health().warnings()).isEmpty();
      try (Connection same = pool.dataSource().getConnection()) {
        assertThat(session(same)).isEqualTo(session);
      }
    }
  }

  private static int session(Connection connection) throws SQLException {
    return connection.unwrap(PGConnection.class).getBackendPID();
  }
}
