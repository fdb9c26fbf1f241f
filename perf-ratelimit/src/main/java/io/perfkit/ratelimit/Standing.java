package io.perfkit.ratelimit;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The numbers of one decision, and what a refund needs to know of it. Statuses are made only when
 * somebody asks. Thread safe.
 */
final class Standing {
  /** Instead of a wait: no wait will do. */
  static final long NEVER = Long.MAX_VALUE;

  /** A place in {@link #numbers}. */
  static final int LIMIT = 0, REMAINING = 1, RESET_MICROS = 2, RETRY_MICROS = 3, WIDTH = 4;

  private final Ask ask;
  private final long[] numbers;
  private final long stampMicros;
  private final boolean degraded;
  private final AtomicBoolean refunded = new AtomicBoolean();

  /**
   * @param numbers for each rule of {@code ask}: limit, remaining, reset and retry
   * @param stampMicros when it was decided, by the clock of who decided
   */
  Standing(Ask ask, long[] numbers, long stampMicros, boolean degraded) {
    this.ask = ask;
    this.numbers = numbers;
    this.stampMicros = stampMicros;
    this.degraded = degraded;
  }

  List<LimitStatus> limits() {
    List<LimitStatus> limits = new ArrayList<>(ask.size());
    for (int i = 0; i < ask.size(); i++) {
      int at = i * WIDTH;
      limits.add(
          new LimitStatus(
              ask.rule(i).policy(),
              numbers[at + LIMIT],
              numbers[at + REMAINING],
              duration(numbers[at + RESET_MICROS]),
              duration(numbers[at + RETRY_MICROS])));
    }
    return List.copyOf(limits);
  }

  private static Duration duration(long micros) {
    return micros == NEVER
        ? ChronoUnit.FOREVER.getDuration()
        : Duration.of(micros, ChronoUnit.MICROS);
  }

  Ask ask() {
    return ask;
  }

  long stampMicros() {
    return stampMicros;
  }

  boolean degraded() {
    return degraded;
  }

  /** True for the first caller only: a decision is taken back once. */
  boolean takeRefund() {
    return refunded.compareAndSet(false, true);
  }
}
