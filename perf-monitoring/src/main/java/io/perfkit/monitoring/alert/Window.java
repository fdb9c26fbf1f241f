package io.perfkit.monitoring.alert;

import java.util.Arrays;

/**
 * What was added within the last time, in slots of a 120th of the window: exact to one slot. One
 * thread at a time.
 */
final class Window {
  private static final int SLOTS = 120;

  private final long slotNanos;
  private final double[] sums = new double[SLOTS];
  private final long[] slots = new long[SLOTS];

  Window(long nanos) {
    this.slotNanos = Math.max(1, nanos / SLOTS);
    Arrays.fill(slots, Long.MIN_VALUE);
  }

  void add(double amount, long now) {
    long slot = Math.floorDiv(now, slotNanos);
    int index = (int) Math.floorMod(slot, (long) SLOTS);
    if (slots[index] != slot) {
      slots[index] = slot;
      sums[index] = 0;
    }
    sums[index] += amount;
  }

  double sum(long now) {
    long oldest = Math.floorDiv(now, slotNanos) - SLOTS + 1;
    double sum = 0;
    for (int i = 0; i < SLOTS; i++) {
      if (slots[i] >= oldest) {
        sum += sums[i];
      }
    }
    return sum;
  }
}
