package io.perfkit.db.batch;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;

/**
 * How one writer stands now. Immutable.
 *
 * @param running whether rows are accepted
 * @param bufferedRows rows that are not decided yet
 * @param bufferRows how many there may be
 * @param oldestAge how long the oldest undecided row has waited
 * @param lanesRetrying lanes whose last try failed and will be repeated
 * @param stoppedBy what stopped the writer: {@code SQLSTATE 42703}, or the class of an error
 */
public record BatchHealth(
    boolean running,
    int bufferedRows,
    int bufferRows,
    Duration oldestAge,
    int lanesRetrying,
    Optional<String> stoppedBy) {

  public BatchHealth {
    requireNonNull(oldestAge, "oldestAge");
    requireNonNull(stoppedBy, "stoppedBy");
  }

  /** Whether rows are accepted and the last try of each lane went well. */
  public boolean healthy() {
    return running && lanesRetrying == 0;
  }
}
