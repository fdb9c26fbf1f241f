package io.perfkit.db.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Random;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** A wrapped database does what the driver does: results, exceptions, warnings, keys, states. */
abstract class TransparencyContract {
  private static final int ROUNDS = 8;
  private static final int STEPS = 120;

  abstract DataSource database();

  @Test
  void everyStepComesToTheSameAsWithTheDriverAlone() throws SQLException {
    long seed = new Random().nextLong();
    Random seeds = new Random(seed);
    try (QueryMonitor monitor =
        QueryMonitor.builder()
            .config(QueryMonitorConfig.builder().logSlow(false).build())
            .build()) {
      for (int round = 0; round < ROUNDS; round++) {
        long script = seeds.nextLong();
        List<String> alone = run(database(), script);
        List<String> wrapped = run(monitor.wrap(database()), script);
        for (int step = 0; step < STEPS; step++) {
          assertThat(wrapped.get(step))
              .as("seed %d, script %d", seed, script)
              .isEqualTo(alone.get(step));
        }
      }
      assertThat(monitor.stats().calls()).isGreaterThan(ROUNDS * STEPS / 2);
    }
  }

  private static List<String> run(DataSource database, long seed) throws SQLException {
    try (Connection connection = database.getConnection()) {
      JdbcScript.createTables(connection);
      return new JdbcScript(connection, seed).run(STEPS);
    }
  }
}
