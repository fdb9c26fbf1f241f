package io.perfkit.db.pool;

import static io.perfkit.db.pool.Pools.async;
import static io.perfkit.db.pool.Pools.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.db.pool.TunerDecision.Reason;
import io.perfkit.testing.Await;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** The tuner in front of a real database; how well it does there is measured by db-tuner. */
abstract class TunerContract {
  abstract PoolDatabase database();

  static final Duration CLIMB = Duration.ofMinutes(3);
  static final TunerConfig QUICK =
      TunerConfig.builder().window(Duration.ofMillis(100)).minCompletions(10).build();

  @Test
  void growsWhileMoreConnectionsDoMore() throws Exception {
    Queue<TunerDecision> told = new ConcurrentLinkedQueue<>();
    PoolConfig config = Pools.config().size(1).minIdle(1).build();
    try (PoolManager pool =
        PoolManager.builder(database().source())
            .config(config)
            .tuner(QUICK)
            .listener(
                new PoolListener() {
                  @Override
                  public void onDecision(TunerDecision decision) {
                    told.add(decision);
                  }
                })
            .build()) {
      underLoad(
          pool.dataSource(),
          12,
          () -> {
            Await.until("it grew to 4", CLIMB, () -> accepted(pool.decisions()) >= 4);
            assertThat(told).isNotEmpty();
          });
      assertThatThrownBy(() -> pool.resize(4))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("pool 'test' is resized by its tuner");
    }
  }

  @Test
  void aDryRunTellsAndLeavesTheSize() throws Exception {
    TunerConfig dry =
        TunerConfig.builder()
            .window(Duration.ofMillis(100))
            .minCompletions(10)
            .dryRun(true)
            .build();
    PoolConfig config = Pools.config().size(2).minIdle(1).build();
    try (PoolManager pool =
        PoolManager.builder(database().source()).config(config).tuner(dry).build()) {
      underLoad(
          pool.dataSource(),
          8,
          () -> {
            Await.until("it decided", CLIMB, () -> !pool.decisions().isEmpty());
            assertThat(pool.decisions()).noneMatch(TunerDecision::applied);
            assertThat(pool.stats().size()).isEqualTo(2);
          });
    }
  }

  private static int accepted(List<TunerDecision> decisions) {
    return decisions.stream()
        .filter(decision -> decision.reason() == Reason.ACCEPTED)
        .mapToInt(TunerDecision::to)
        .max()
        .orElse(0);
  }

  /** Statements that wait, as for a disk: the more at once, the more are done. */
  final void underLoad(DataSource source, int callers, Runnable meanwhile) throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    List<CompletableFuture<Object>> calling = new ArrayList<>();
    for (int i = 0; i < callers; i++) {
      calling.add(
          async(
              "load-" + i,
              () -> {
                while (!stop.get()) {
                  sleepInServer(source);
                }
                return stop;
              }));
    }
    try {
      meanwhile.run();
    } finally {
      stop.set(true);
    }
    for (CompletableFuture<Object> caller : calling) {
      get(caller);
    }
  }

  private void sleepInServer(DataSource source) throws SQLException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(database().pause());
    }
  }
}
