package io.perfkit.ratelimit;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.ratelimit.Envelope.Admission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The checker of admissions catches limiters that are known to admit too much. */
final class EnvelopeTest {
  private static final Limit.SlidingWindow WINDOW =
      new Limit.SlidingWindow(100, Duration.ofSeconds(1));
  private static final Limit.TokenBucket BUCKET =
      new Limit.TokenBucket(10, Duration.ofSeconds(1), 3);

  private static List<Admission> at(long... times) {
    return LongStream.of(times).mapToObj(time -> new Admission(time, 1)).toList();
  }

  @Test
  void catchesAWindowOfTwoWeightedCounters() {
    List<Admission> admitted = new ArrayList<>();
    long previous = 0;
    long current = 0;
    for (long now = 0; now < 2_000_000; now += 1_000) { // a burst at the end, then a trickle
      if (now == 1_000_000) {
        previous = current;
        current = 0;
      }
      double left = 1 - now % 1_000_000 / 1e6;
      boolean asks = now >= 999_000;
      for (int i = 0; asks && i < 100 && previous * left + current + 1 <= 100; i++) {
        admitted.add(new Admission(now, 1));
        current++;
      }
    }

    assertThatThrownBy(() -> Envelope.check(WINDOW, admitted))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("admitted 101 in the window that ends with");
  }

  @Test
  void catchesOneMoreAndOneMicrosecondTooSoon() {
    assertThatCode(() -> Envelope.check(BUCKET, at(0, 0, 0, 100_000, 200_000)))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> Envelope.check(BUCKET, at(0, 0, 0, 0)))
        .isInstanceOf(AssertionError.class);
    assertThatThrownBy(() -> Envelope.check(BUCKET, at(0, 0, 0, 100_000, 199_999)))
        .isInstanceOf(AssertionError.class);
    assertThatThrownBy(
            () -> Envelope.check(BUCKET, at(5, 1_000_000, 1_000_000, 1_000_000, 1_099_999)))
        .isInstanceOf(AssertionError.class);

    Limit.SlidingWindow two = new Limit.SlidingWindow(2, Duration.ofSeconds(1));
    assertThatCode(() -> Envelope.check(two, at(0, 1, 1_000_000, 1_000_001)))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> Envelope.check(two, at(0, 1, 999_999)))
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void catchesABucketWhoseClockGoesBack() {
    List<Admission> admitted = new ArrayList<>();
    double tokens = 3;
    long last = 0;
    long skewed = -50_000;
    for (long now = 0; now < 1_000_000; now += 10_000) { // every other node is 50 ms behind
      long clock = now / 10_000 % 2 == 0 ? now : now + skewed;
      tokens = Math.min(3, tokens + Math.max(0, clock - last) * 1e-5);
      last = clock;
      if (tokens >= 1) {
        tokens--;
        admitted.add(new Admission(now, 1));
      }
    }

    assertThatThrownBy(() -> Envelope.check(BUCKET, admitted)).isInstanceOf(AssertionError.class);
  }
}
