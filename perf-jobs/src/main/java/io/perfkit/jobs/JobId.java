package io.perfkit.jobs;

import static java.util.Objects.requireNonNull;

import java.util.UUID;

/**
 * Identity of one job, unique over all nodes. Ids of one node ascend with the time of their
 * enqueueing. Immutable.
 *
 * @param value 128 bits
 */
public record JobId(UUID value) {
  public JobId {
    requireNonNull(value, "value");
  }

  /**
   * Reads what {@link #toString} wrote.
   *
   * @throws IllegalArgumentException if {@code text} is no UUID
   */
  public static JobId parse(String text) {
    return new JobId(UUID.fromString(text));
  }

  /** The UUID in its usual form. */
  @Override
  public String toString() {
    return value.toString();
  }
}
