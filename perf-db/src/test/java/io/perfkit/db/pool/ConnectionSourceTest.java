package io.perfkit.db.pool;

import static io.perfkit.db.pool.Pools.SOON;
import static io.perfkit.db.pool.Pools.async;
import static io.perfkit.db.pool.Pools.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.db.internal.DelegatingDataSource;
import io.perfkit.testing.Await;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Quotes the invariants of {@link ConnectionSource}. */
final class ConnectionSourceTest {
  private final JdbcDataSource h2 = new JdbcDataSource();
  private final AtomicReference<String> refused = new AtomicReference<>("");
  private final ConnectionSource database =
      new ConnectionSource(
          new DelegatingDataSource(h2) {
            @Override
            public Connection getConnection() throws SQLException {
              if (!refused.get().isEmpty()) {
                throw new SQLException("refused", refused.get());
              }
              return h2.getConnection();
            }

            @Override
            public Connection getConnection(String user, String password) throws SQLException {
              return h2.getConnection(user, password);
            }
          },
          null,
          new StatementLimit(Duration.ZERO, null),
          System::nanoTime);
  private final AtomicBoolean called = new AtomicBoolean();
  private final AtomicInteger asked = new AtomicInteger();

  ConnectionSourceTest() {
    h2.setURL("jdbc:h2:mem:");
    database.addWhen(
        () -> {
          asked.incrementAndGet();
          return called.get();
        });
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void whatAWarmUpOffersIsClosedUnlessItIsFetched() throws Exception {
    Connection unfetched = h2.getConnection();
    Connection late = h2.getConnection();
    database.warmingBegins();
    database.offer(unfetched);
    assertThat(unfetched.isClosed()).isFalse();

    database.warmingEnds();
    assertThat(unfetched.isClosed()).isTrue(); // D1

    database.offer(late);
    assertThat(late.isClosed()).isTrue(); // D1
    assertThat(database.opened()).isZero();
  }

  @Test
  void theAdderIsHurriedWhileItRestsAndNeverInGetConnection() throws Exception {
    AtomicBoolean hurried = new AtomicBoolean();
    CompletableFuture<Boolean> interrupted =
        async(
            "adder",
            () -> {
              called.set(true);
              database.getConnection().close();
              database.hurry();
              hurried.set(Thread.currentThread().isInterrupted());
              database.getConnection().close(); // after which it rests
              called.set(false);
              database.getConnection().close();
              return Thread.interrupted();
            });
    Await.until("no more are called for", SOON, () -> hurried.get() && !called.get());
    awaitAskedAgain();

    database.hurry(); // D2
    called.set(true);

    assertThat(get(interrupted)).isFalse();
    assertThat(hurried).isTrue();
  }

  @Test
  void nothingIsGivenUntilItIsCalledFor() throws Exception {
    Connection opened = h2.getConnection();
    database.warmingBegins();
    database.offer(opened);
    CompletableFuture<Connection> adder = async("adder", database::getConnection);
    awaitAskedAgain();

    assertThat(adder).isNotDone(); // D3
    assertThat(database.opened()).isEqualTo(1);

    called.set(true);
    database.wake();
    assertThat(get(adder)).isSameAs(opened);
    opened.close();
  }

  /** HikariCP then pauses for longer each time. */
  @Test
  void aRefusalThatWillNotPassSoonIsThrownEachTime() {
    for (String state : List.of("28000", "53300")) {
      refused.set(state);
      assertThrown();
      assertThrown();
    }
  }

  @Test
  void anOutageIsThrownOnceAndTheNextOneToo() throws Exception {
    called.set(true);
    refused.set("08001");
    assertThrown();
    CompletableFuture<Connection> adder = async("adder", database::getConnection);
    awaitAskedAgain();
    assertThat(adder).isNotDone();

    refused.set("");
    get(adder).close();

    refused.set("08001");
    assertThrown();
  }

  private void assertThrown() {
    called.set(true);
    assertThatThrownBy(() -> get(async("adder", database::getConnection)))
        .hasCauseInstanceOf(SQLException.class)
        .hasMessageContaining("refused");
  }

  @Test
  void theAdderLeavesWhenItIsClosed() throws Exception {
    CompletableFuture<Connection> adder = async("adder", database::getConnection);
    awaitAskedAgain();

    database.close();

    assertThatThrownBy(() -> get(adder))
        .hasCauseInstanceOf(SQLException.class)
        .hasMessageContaining("the pool is closed");
  }

  private void awaitAskedAgain() {
    int before = asked.get();
    Await.until("it looks again", SOON, () -> asked.get() >= before + 2);
  }
}
