package io.perfkit.jobs;

/** A queue has no place for a job, and by its {@link Overflow} the caller is told so. */
public final class QueueFull extends JobException {
  private static final long serialVersionUID = 1L;

  private final int stored;

  QueueFull(String queue, int capacity, int stored, int asked) {
    super(
        "queue '"
            + queue
            + "' holds "
            + capacity
            + " jobs, its capacity; stored "
            + stored
            + " of "
            + asked
            + " (expected: slower producers, more workers, or a larger QueueConfig.capacity)",
        null);
    this.stored = stored;
  }

  /** How many jobs of the call were stored before: the first ones of its list. */
  public int stored() {
    return stored;
  }
}
