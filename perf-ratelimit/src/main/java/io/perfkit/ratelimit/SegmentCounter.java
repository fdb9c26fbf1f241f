package io.perfkit.ratelimit;

/**
 * A sliding window by segments: permits in the current segment and in those that the window still
 * touches.
 */
final class SegmentCounter extends LocalCounter {
  private static final int SEGMENTS = Limit.SlidingWindow.SEGMENTS + 1;

  private final long segmentNanos;
  private final long[] counts = new long[SEGMENTS];

  /** The number of the segment that {@code counts} ends with. */
  private long segment = Long.MIN_VALUE / 2;

  SegmentCounter(long capacity, long segmentMicros) {
    super(capacity);
    this.segmentNanos = segmentMicros * 1_000;
  }

  @Override
  void read(long now, long cost, long[] numbers, int at) {
    move(Math.floorDiv(now, segmentNanos));
    long live = 0;
    int newest = -1;
    for (int i = 0; i < SEGMENTS; i++) {
      if (counts[i] > 0) {
        live += counts[i];
        newest = i;
      }
    }
    long lack = cost - (capacity() - live);
    int last = -1;
    while (lack > 0) {
      lack -= counts[++last];
    }
    numbers[at + CheckResult.LIMIT] = capacity();
    numbers[at + CheckResult.REMAINING] = Math.max(0, capacity() - live);
    numbers[at + CheckResult.RESET] = newest < 0 ? 0 : left(newest, now);
    numbers[at + CheckResult.WAIT] = last < 0 ? 0 : left(last, now);
  }

  /** Nanoseconds until the window no longer touches the {@code i}-th segment. */
  private long left(int i, long now) {
    return microsUp((segment + i + 1) * segmentNanos - now);
  }

  private void move(long current) {
    long passed = Math.min(current - segment, SEGMENTS);
    if (passed > 0) {
      for (int i = 0; i < SEGMENTS; i++) {
        counts[i] = i + passed < SEGMENTS ? counts[i + (int) passed] : 0;
      }
      segment = current;
    }
  }

  @Override
  void take(long now, long cost) {
    counts[SEGMENTS - 1] += cost;
  }

  @Override
  void takeBeyond(long now, long cost) {
    long full = Math.max(capacity(), counts[SEGMENTS - 1]); // then nothing is admitted either way
    counts[SEGMENTS - 1] = Math.min(full, counts[SEGMENTS - 1] + cost);
  }

  @Override
  long spent() {
    long live = 0;
    for (long count : counts) {
      live += count;
    }
    return live;
  }

  @Override
  boolean copy(LocalCounter before, long now) {
    if (!(before instanceof SegmentCounter other) || segmentNanos != other.segmentNanos) {
      return false;
    }
    segment = other.segment;
    System.arraycopy(other.counts, 0, counts, 0, SEGMENTS);
    return true;
  }

  @Override
  void giveBack(long now, long cost, long of, long time) {
    move(Math.floorDiv(now, segmentNanos));
    long at = SEGMENTS - 1 - segment + Math.floorDiv(time, segmentNanos);
    if (at >= 0 && at < SEGMENTS) {
      counts[(int) at] = Math.max(0, counts[(int) at] - cost);
    }
  }
}
