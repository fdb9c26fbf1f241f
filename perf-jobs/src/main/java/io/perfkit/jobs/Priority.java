package io.perfkit.jobs;

/**
 * Class of a job in its queue. Classes share the workers by weight: while each has work, {@link
 * #CRITICAL} gets 8 of 15 starts, {@link #HIGH} 4, {@link #NORMAL} 2 and {@link #LOW} 1, so none
 * starves. Within a class jobs start in the order in which they became due.
 */
public enum Priority {
  /** 8 of 15 starts. */
  CRITICAL(0, 8),
  /** 4 of 15 starts. */
  HIGH(1, 4),
  /** 2 of 15 starts. */
  NORMAL(2, 2),
  /** 1 of 15 starts. */
  LOW(3, 1);

  private final int index;
  private final int weight;

  Priority(int index, int weight) {
    this.index = index;
    this.weight = weight;
  }

  /** The number by which stores and quotas know it; it never changes. */
  int index() {
    return index;
  }

  static Priority of(int index) {
    for (Priority priority : values()) {
      if (priority.index == index) {
        return priority;
      }
    }
    throw new IllegalArgumentException("priority: " + index + " (expected: 0 to 3)");
  }

  /** Its share of the starts, beside the weights of the other classes that have work. */
  public int weight() {
    return weight;
  }
}
