package io.perfkit.db.batch;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;

/**
 * The health of one writer at one moment. Immutable.
 *
 * @param running whether rows are accepted
 * @param bufferedRows rows that are not decided yet
 * @param maxBufferRows most rows that may be undecided
 * @param oldestAge how long the oldest undecided row has waited
 * @param workersRetrying workers whose last attempt failed and will be retried
 * @param stoppedBy what stopped the writer: {@code SQLSTATE 42703}, or the class of an error
 */
public record BatchHealth(
    boolean running,
    int bufferedRows,
    int maxBufferRows,
    Duration oldestAge,
    int workersRetrying,
    Optional<String> stoppedBy) {

  public BatchHealth {
    requireNonNull(oldestAge, "oldestAge");
    requireNonNull(stoppedBy, "stoppedBy");
  }

  /** Whether rows are accepted and the last attempt of each worker succeeded. */
  public boolean healthy() {
    return running && workersRetrying == 0;
  }
}
