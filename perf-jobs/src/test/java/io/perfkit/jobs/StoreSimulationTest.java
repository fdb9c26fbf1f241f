package io.perfkit.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

final class StoreSimulationTest {
  private static final int SEEDS = 10_000;
  private static final InstantSource WALL = InstantSource.system();

  @Test
  void noInterleavingBreaksAnInvariant() {
    long first = ThreadLocalRandom.current().nextLong(1L << 40);
    for (long seed = first; seed < first + SEEDS; seed++) {
      StoreSimulation.run(seed, time -> new MemoryStore("sim", time::nanos, WALL));
    }
  }

  @Test
  void aStoreWithoutTheFenceIsCaught() {
    assertThat(
            caught(
                time ->
                    new MemoryStore("sim", time::nanos, WALL) {
                      @Override
                      boolean owns(MemoryJob job, ClaimedJob claim) {
                        return job.owner != 0;
                      }
                    }))
        .isGreaterThan(30);
  }

  @Test
  void aStoreThatFencesByAttemptAloneIsCaught() {
    assertThat(
            caught(
                time ->
                    new MemoryStore("sim", time::nanos, WALL) {
                      @Override
                      boolean owns(MemoryJob job, ClaimedJob claim) {
                        return job.owner != 0 && job.attempt == claim.attempt();
                      }
                    }))
        .isGreaterThan(30);
  }

  @Test
  void aStoreThatTrustsTheClocksOfItsClientsIsCaught() {
    assertThat(caught(time -> new MemoryStore("sim", time::clientNanos, WALL))).isGreaterThan(30);
  }

  /** How many of 1,000 seeds find the fault. */
  private static int caught(StoreSimulation.Stores broken) {
    int caught = 0;
    for (long seed = 0; seed < 1_000; seed++) {
      try {
        StoreSimulation.run(seed, broken);
      } catch (AssertionError found) {
        caught++;
      }
    }
    return caught;
  }
}
