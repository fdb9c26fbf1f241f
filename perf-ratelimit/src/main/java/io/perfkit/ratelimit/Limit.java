package io.perfkit.ratelimit;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.math.BigInteger;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Set;

/**
 * How many permits are admitted in what time. Each kind is an immutable record whose bound holds
 * whatever the callers do; {@code docs/concepts/rate-limits.md} compares them. Spans are counted in
 * whole microseconds.
 */
public sealed interface Limit {
  /** The permits of one {@link #period()}, or held at once for {@link Concurrency}. */
  long permits();

  /** The time in which {@link #permits()} are admitted. */
  Duration period();

  /** The most that can be admitted at one instant; no request may cost more. */
  default long capacity() {
    return permits();
  }

  /**
   * A token bucket: it holds {@code burst} permits and regains {@code permits} per {@code period},
   * evenly.
   *
   * <p>Bound: in every span of length t at most {@code burst + t * permits / period} are admitted.
   * A refusal is always necessary. State: 49 bytes for each key.
   *
   * @param permits regained in each {@code period}, at least 1
   * @param period positive, whole microseconds
   * @param burst at least 1; {@code burst * period} in microseconds, over the greatest common
   *     divisor of {@code permits} and {@code period}, is below 2^53
   */
  record TokenBucket(long permits, Duration period, long burst) implements Limit {
    public TokenBucket {
      requirePermits("permits", permits);
      requireSpan("period", period);
      requirePermits("burst", burst);
      long micros = Limit.micros(period);
      if (permits / 1_000 > micros) {
        throw new IllegalArgumentException(
            "permits: " + permits + " per " + period + " (expected: <= 1,000 per microsecond)");
      }
      long common = BigInteger.valueOf(permits).gcd(BigInteger.valueOf(micros)).longValueExact();
      if (burst > EXACT_MAX / (micros / common) || permits / common > EXACT_MAX) {
        throw new IllegalArgumentException(
            "burst: "
                + burst
                + " of "
                + permits
                + " per "
                + period
                + " (expected: burst * period in microseconds / gcd(permits, period) < 2^53 = "
                + (EXACT_MAX + 1)
                + ", so that Redis counts exactly; choose permits that divide the period)");
      }
    }

    @Override
    public long capacity() {
      return burst;
    }

    /** Units that one permit costs; {@link #unitsPerMicro()} of them return each microsecond. */
    long unitsPerPermit() {
      return micros(period) / divisor();
    }

    long unitsPerMicro() {
      return permits / divisor();
    }

    private long divisor() {
      return BigInteger.valueOf(permits).gcd(BigInteger.valueOf(micros(period))).longValueExact();
    }
  }

  /**
   * A sliding window: at most {@code permits} in every span of length {@code window}, wherever it
   * begins.
   *
   * <p>Up to {@value #LOG_MAX} permits, the instant of each is kept (8 bytes): a refusal is always
   * necessary. Above that, permits are counted in segments of a {@value #SEGMENTS}th of the window
   * (8 bytes each), and a segment that the window only touches counts in full: the bound still
   * always holds, but a caller that asks without pause gets only {@value #SEGMENTS} of {@value
   * #SEGMENTS} + 1 parts of it.
   *
   * @param permits at least 1
   * @param window positive, whole microseconds
   */
  record SlidingWindow(long permits, Duration window) implements Limit {
    /** The most permits for which each instant is kept. */
    static final int LOG_MAX = 128;

    /** The number of segments of a window whose permits are only counted. */
    static final int SEGMENTS = 32;

    public SlidingWindow {
      requirePermits("permits", permits);
      requireSpan("window", window);
      if (permits > LOG_MAX && micros(window) < SEGMENTS) {
        throw new IllegalArgumentException(
            "window: " + window + " (expected: >= " + SEGMENTS + " microseconds)");
      }
    }

    @Override
    public Duration period() {
      return window;
    }

    boolean logged() {
      return permits <= LOG_MAX;
    }

    /** Rounded up, so that all segments together are never shorter than the window. */
    long segmentMicros() {
      return (micros(window) + SEGMENTS - 1) / SEGMENTS;
    }
  }

  /**
   * A fixed window: at most {@code permits} in each of the windows that follow one another since
   * 1970-01-01T00:00Z.
   *
   * <p>Bound: a span of length {@code window} may touch two of them, so up to twice {@code permits}
   * are admitted around a boundary. State: 41 bytes.
   *
   * @param permits at least 1
   * @param window positive, whole microseconds
   */
  record FixedWindow(long permits, Duration window) implements Limit {
    public FixedWindow {
      requirePermits("permits", permits);
      requireSpan("window", window);
    }

    @Override
    public Duration period() {
      return window;
    }
  }

  /**
   * A calendar quota: at most {@code permits} in each hour, day, week, month or year of the
   * calendar of {@code zone}; otherwise as {@link FixedWindow}.
   *
   * @param permits of one interval
   * @param unit HOURS, DAYS, WEEKS, MONTHS or YEARS
   * @param zone whose clock says when an interval begins
   * @param anchor when one of the intervals begins or began, in whole seconds: the billing day of a
   *     month, the first day of a week, the hour at which a day begins. In a month that is too
   *     short for it, the last day counts. Default: the calendar's own intervals, weeks from Monday
   */
  record CalendarQuota(long permits, ChronoUnit unit, ZoneId zone, LocalDateTime anchor)
      implements Limit {
    /** A Monday. */
    private static final LocalDateTime MONDAY = LocalDateTime.of(1970, 1, 5, 0, 0);

    private static final LocalDateTime FIRST = LocalDateTime.of(1970, 1, 1, 0, 0);

    private static final Set<ChronoUnit> UNITS =
        Set.of(
            ChronoUnit.HOURS,
            ChronoUnit.DAYS,
            ChronoUnit.WEEKS,
            ChronoUnit.MONTHS,
            ChronoUnit.YEARS);

    public CalendarQuota {
      requirePermits("permits", permits);
      requireNonNull(zone, "zone");
      if (!UNITS.contains(requireNonNull(unit, "unit"))) {
        throw new IllegalArgumentException(
            "unit: " + unit + " (expected: HOURS, DAYS, WEEKS, MONTHS or YEARS)");
      }
      if (!requireNonNull(anchor, "anchor").truncatedTo(ChronoUnit.SECONDS).equals(anchor)
          || anchor.getYear() < 1900
          || anchor.getYear() > 9_999) {
        throw new IllegalArgumentException(
            "anchor: " + anchor + " (expected: whole seconds, in a year of 1900 to 9999)");
      }
    }

    /** In the calendar's own intervals; weeks begin on Monday. */
    public CalendarQuota(long permits, ChronoUnit unit, ZoneId zone) {
      this(permits, unit, zone, unit == ChronoUnit.WEEKS ? MONDAY : FIRST);
    }

    /** The usual length of the unit; a month counts as a twelfth of a year. */
    @Override
    public Duration period() {
      return unit.getDuration();
    }
  }

  /**
   * A concurrency limit: at most {@code permits} permits are held by requests under way at once. A
   * request holds its permits until {@link RateLimiter#release} or, if its process died, for {@code
   * maxHold}; so no request may take longer than that.
   *
   * @param permits held at once, from 1 to 100,000
   * @param maxHold after which a permit counts as given back
   */
  record Concurrency(long permits, Duration maxHold) implements Limit {
    /** A larger number at once is not a limit of one key. */
    private static final int HELD_MAX = 100_000;

    public Concurrency {
      if (permits < 1 || permits > HELD_MAX) {
        throw new IllegalArgumentException(
            "permits: " + permits + " (expected: 1 to " + HELD_MAX + ")");
      }
      requireSpan("maxHold", maxHold);
    }

    @Override
    public Duration period() {
      return maxHold;
    }
  }

  /** The largest number up to which Lua counts exactly. */
  long EXACT_MAX = (1L << 53) - 1;

  /** The longest span: a time plus this span stays exact. */
  Duration SPAN_MAX = Duration.ofDays(3_660);

  private static void requirePermits(String what, long permits) {
    if (permits < 1 || permits > EXACT_MAX) {
      throw new IllegalArgumentException(
          what + ": " + permits + " (expected: 1 to 2^53 - 1 = " + EXACT_MAX + ")");
    }
  }

  private static void requireSpan(String what, Duration span) {
    requireNonNull(span, what);
    if (span.isNegative()
        || span.isZero()
        || span.compareTo(SPAN_MAX) > 0
        || !span.truncatedTo(ChronoUnit.MICROS).equals(span)) {
      throw new IllegalArgumentException(
          what + ": " + span + " (expected: whole microseconds, 1 us to " + SPAN_MAX + ")");
    }
  }

  /** The length in nanoseconds, at most {@code Long.MAX_VALUE}. */
  static long nanos(Duration span) {
    return span.toSeconds() >= Long.MAX_VALUE / 1_000_000_000L
        ? Long.MAX_VALUE
        : span.toSeconds() <= Long.MIN_VALUE / 1_000_000_000L
            ? Long.MIN_VALUE
            : NANOSECONDS.convert(span);
  }

  /** The length in whole microseconds, the unit of stored state. */
  static long micros(Duration span) {
    return NANOSECONDS.convert(span) / 1_000;
  }
}
