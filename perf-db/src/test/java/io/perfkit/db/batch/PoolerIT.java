package io.perfkit.db.batch;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/** A pooler such as PgBouncer lends one server session to several clients in turns. */
@RealPostgres
final class PoolerIT {
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  private final TestDatabase database;
  private final List<String> rejected = new ArrayList<>();

  PoolerIT(TestDatabase database) {
    this.database = database;
  }

  @BeforeEach
  void createTables() {
    Bet.createTable(database.dataSource());
    Bet.execute(database.dataSource(), "DROP TABLE IF EXISTS others");
    Bet.execute(database.dataSource(), "CREATE TABLE others (LIKE bets INCLUDING ALL)");
  }

  /** One connection, on which the driver names each statement at once. */
  private HikariDataSource pool(String url) {
    HikariConfig one = new HikariConfig();
    one.setJdbcUrl(url);
    one.setUsername(database.user());
    one.setPassword(database.password());
    one.addDataSourceProperty("prepareThreshold", "1");
    one.setMaximumPoolSize(1);
    return new HikariDataSource(one);
  }

  private BatchWriter<Bet> writer(HikariDataSource pool) throws SQLException {
    return BatchWriter.builder(pool, Bet.TABLE, r -> rejected.add(r.row() + " " + r.cause()))
        .config(BatchConfig.builder().workers(1).flushInterval(Duration.ofHours(1)).build())
        .build();
  }

  private static void write(BatchWriter<Bet> writer, long from, long to) throws Exception {
    for (long id = from; id < to; id++) {
      writer.add(Bet.of(id, "mine"));
      assertThat(writer.awaitFlushed(DEADLINE)).isTrue();
    }
  }

  /** Without the check of what was written, the rows would stand in the other's table. */
  @Test
  void aStatementOfAnotherClientUnderTheSameNameTakesNoRow() throws Exception {
    try (HikariDataSource pool = pool(database.jdbcUrl());
        BatchWriter<Bet> writer = writer(pool)) {
      write(writer, 0, 5);
      try (Connection connection = pool.getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute(
            "DO $$ DECLARE p record; BEGIN FOR p IN SELECT * FROM pg_prepared_statements"
                + " WHERE statement LIKE 'WITH written%' LOOP EXECUTE format('DEALLOCATE %I',"
                + " p.name); EXECUTE format('PREPARE %I (%s) AS %s', p.name,"
                + " array_to_string(p.parameter_types, ','), replace(p.statement, 'bets',"
                + " 'others')); END LOOP; END $$");
      }
      write(writer, 5, 10);
    }
    assertThat(rejected).isEmpty();
    assertThat(Bet.inTable(database.dataSource())).hasSize(10);
    assertThat(BatchQueries.column(database.dataSource(), "SELECT id FROM others")).isEmpty();
  }

  @Test
  void noStatementHasANameBehindAPooler() throws Exception {
    try (PoolerInFront pooler = new PoolerInFront(database.jdbcUrl());
        HikariDataSource pool = pool(pooler.url())) {
      try (BatchWriter<Bet> writer = writer(pool);
          BatchWriter<Bet> direct = BatchWriter.disabled(pool, Bet.TABLE, r -> {})) {
        write(writer, 0, 10);
        direct.add(Bet.of(10, "mine"));
      }
      assertThat(
              BatchQueries.column(
                  pool,
                  "SELECT statement FROM pg_prepared_statements"
                      + " WHERE strpos(statement, 'INSERT' || ' INTO') > 0"))
          .isEmpty();
      try (Connection connection = pool.getConnection()) {
        assertThat(connection.unwrap(PGConnection.class).getPrepareThreshold()).isEqualTo(1);
      }
    }
    assertThat(Bet.inTable(database.dataSource())).hasSize(11);
  }

  /**
   * Forwards each byte, except that it tells the client a process of its own, as PgBouncer does.
   */
  private static final class PoolerInFront implements AutoCloseable {
    private static final byte[] KEY_DATA = {'K', 0, 0, 0, 12};

    private final URI server;
    private final ServerSocket listener;
    private final List<Socket> open = new ArrayList<>();

    PoolerInFront(String jdbcUrl) throws IOException {
      server = URI.create(jdbcUrl.substring("jdbc:".length()));
      listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
      start(this::accept);
    }

    String url() {
      return "jdbc:postgresql://127.0.0.1:" + listener.getLocalPort() + server.getPath();
    }

    private static void start(Runnable task) {
      Thread thread = new Thread(task, "pooler-in-front");
      thread.setDaemon(true);
      thread.start();
    }

    private void accept() {
      try {
        while (true) {
          Socket client = listener.accept();
          Socket upstream = new Socket(server.getHost(), server.getPort());
          synchronized (open) {
            open.add(client);
            open.add(upstream);
          }
          start(() -> pump(client, upstream, false));
          start(() -> pump(upstream, client, true));
        }
      } catch (IOException closed) {
        // The test has ended.
      }
    }

    private static void pump(Socket from, Socket to, boolean hidesProcess) {
      try (from;
          to) {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        byte[] bytes = new byte[8192];
        boolean hidden = !hidesProcess;
        for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
          for (int i = 0; !hidden && i + KEY_DATA.length + 4 <= count; i++) {
            if (startsAt(bytes, i)) {
              bytes[i + KEY_DATA.length] ^= 0x40;
              hidden = true;
            }
          }
          out.write(bytes, 0, count);
        }
      } catch (IOException closed) {
        // One of the two went away.
      }
    }

    private static boolean startsAt(byte[] bytes, int at) {
      for (int i = 0; i < KEY_DATA.length; i++) {
        if (bytes[at + i] != KEY_DATA[i]) {
          return false;
        }
      }
      return true;
    }

    @Override
    public void close() throws IOException {
      listener.close();
      synchronized (open) {
        for (Socket socket : open) {
          socket.close();
        }
      }
    }
  }
}
