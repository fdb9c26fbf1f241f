package io.perfkit.ratelimit;

import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What a rule must decide, written down independently of the scripts: by fractions and lists, with
 * no regard to cost. One thread at a time.
 */
abstract class Oracle {
  /** A clock that is further behind than this was set back. */
  static final long SKEW = 1_000_000;

  /**
   * How the rule stands for {@code cost} at {@code now}.
   *
   * @param retry 0 if it admits
   */
  record Answer(long remaining, long reset, long retry) {}

  abstract Answer look(long now, long cost);

  /** Takes {@code cost}, which {@link #look} has just admitted. */
  abstract void take(long now, long cost);

  /** What a refusal leaves behind after the clock was set back. */
  abstract void settle(long now);

  static Oracle of(Limit limit) {
    if (limit instanceof Limit.TokenBucket bucket) {
      return new Bucket(bucket);
    }
    if (limit instanceof Limit.SlidingWindow window) {
      return window.logged() ? new Log(window) : new Segments(window);
    }
    return new Window((Limit.FixedWindow) limit);
  }

  private static long micros(Duration span) {
    return span.toNanos() / 1_000;
  }

  private static long ceilDiv(BigInteger a, BigInteger b) {
    BigInteger[] parts = a.divideAndRemainder(b);
    return parts[0].longValueExact() + (parts[1].signum() > 0 ? 1 : 0);
  }

  /** One permit is {@code period} units, and {@code permits} units return each microsecond. */
  private static final class Bucket extends Oracle {
    private final BigInteger unit;
    private final BigInteger rate;
    private final BigInteger capacity;
    private BigInteger spent = BigInteger.ZERO;
    private long last = Long.MIN_VALUE / 4;

    Bucket(Limit.TokenBucket limit) {
      unit = BigInteger.valueOf(micros(limit.period()));
      rate = BigInteger.valueOf(limit.permits());
      capacity = unit.multiply(BigInteger.valueOf(limit.burst()));
    }

    private long from(long now) {
      return last - now > SKEW ? now : last;
    }

    private BigInteger spent(long now) {
      long from = from(now);
      BigInteger returned = rate.multiply(BigInteger.valueOf(Math.max(now, from) - from));
      return spent.subtract(returned).max(BigInteger.ZERO);
    }

    @Override
    Answer look(long now, long cost) {
      BigInteger left = spent(now);
      long ahead = Math.max(now, from(now)) - now;
      BigInteger lack = unit.multiply(BigInteger.valueOf(cost)).add(left).subtract(capacity);
      return new Answer(
          capacity.subtract(left).divide(unit).longValueExact(),
          ceilDiv(left, rate) + ahead,
          lack.signum() > 0 ? ceilDiv(lack, rate) + ahead : 0);
    }

    @Override
    void take(long now, long cost) {
      spent = spent(now).add(unit.multiply(BigInteger.valueOf(cost)));
      last = Math.max(now, from(now));
    }

    @Override
    void settle(long now) {
      if (last - now > SKEW) {
        last = now;
      }
    }
  }

  private static final class Log extends Oracle {
    private final long limit;
    private final long window;
    private List<Long> instants = new ArrayList<>();

    Log(Limit.SlidingWindow limit) {
      this.limit = limit.permits();
      this.window = micros(limit.window());
    }

    private List<Long> moved(long now) {
      long newest = instants.isEmpty() ? now : instants.get(instants.size() - 1);
      return newest - now > SKEW
          ? instants.stream().map(instant -> instant - (newest - now)).toList()
          : instants;
    }

    private static long time(long now, List<Long> instants) {
      return instants.isEmpty() ? now : Math.max(now, instants.get(instants.size() - 1));
    }

    @Override
    Answer look(long now, long cost) {
      List<Long> all = moved(now);
      long time = time(now, all);
      List<Long> live = all.stream().filter(instant -> instant > time - window).toList();
      int lack = (int) (live.size() + cost - limit);
      return new Answer(
          limit - live.size(),
          live.isEmpty() ? 0 : live.get(live.size() - 1) + window - now,
          lack > 0 ? live.get(lack - 1) + window - now : 0);
    }

    @Override
    void take(long now, long cost) {
      List<Long> all = moved(now);
      long time = time(now, all);
      instants = new ArrayList<>(all.stream().filter(at -> at > time - window).toList());
      for (long i = 0; i < cost; i++) {
        instants.add(time);
      }
    }

    @Override
    void settle(long now) {
      instants = new ArrayList<>(moved(now));
    }
  }

  private static final class Segments extends Oracle {
    private final long limit;
    private final long length;
    private NavigableMap<Long, Long> counts = new TreeMap<>();

    Segments(Limit.SlidingWindow limit) {
      this.limit = limit.permits();
      this.length = limit.segmentMicros();
    }

    private NavigableMap<Long, Long> moved(long now) {
      if (counts.isEmpty() || counts.lastKey() * length - now <= SKEW) {
        return counts;
      }
      NavigableMap<Long, Long> one = new TreeMap<>();
      one.put(now / length, counts.values().stream().mapToLong(Long::longValue).sum());
      return one;
    }

    private long current(long now, NavigableMap<Long, Long> all) {
      return all.isEmpty() ? now / length : Math.max(now / length, all.lastKey());
    }

    private NavigableMap<Long, Long> live(long now) {
      NavigableMap<Long, Long> all = moved(now);
      return new TreeMap<>(all.tailMap(current(now, all) - Limit.SlidingWindow.SEGMENTS, true));
    }

    @Override
    Answer look(long now, long cost) {
      NavigableMap<Long, Long> live = live(now);
      long sum = live.values().stream().mapToLong(Long::longValue).sum();
      long lack = sum + cost - limit;
      long wait = 0;
      for (var segment : live.entrySet()) {
        if (lack > 0) {
          wait = end(segment.getKey()) - now;
          lack -= segment.getValue();
        }
      }
      return new Answer(limit - sum, live.isEmpty() ? 0 : end(live.lastKey()) - now, wait);
    }

    /** When no window touches the segment any more. */
    private long end(long segment) {
      return (segment + Limit.SlidingWindow.SEGMENTS + 1) * length;
    }

    @Override
    void take(long now, long cost) {
      NavigableMap<Long, Long> live = live(now);
      live.merge(current(now, live), cost, Long::sum);
      counts = live;
    }

    @Override
    void settle(long now) {
      counts = moved(now);
    }
  }

  private static final class Window extends Oracle {
    private final long limit;
    private final long length;
    private long end = Long.MIN_VALUE;
    private long used;

    Window(Limit.FixedWindow limit) {
      this.limit = limit.permits();
      this.length = micros(limit.window());
    }

    private long end(long now) {
      return end <= now || end - now > length + SKEW ? (now / length + 1) * length : end;
    }

    private long used(long now) {
      return end <= now ? 0 : used;
    }

    @Override
    Answer look(long now, long cost) {
      long left = end(now) - now;
      long there = used(now);
      return new Answer(limit - there, there > 0 ? left : 0, cost > limit - there ? left : 0);
    }

    @Override
    void take(long now, long cost) {
      used = used(now) + cost;
      end = end(now);
    }

    @Override
    void settle(long now) {
      if (end - now > length + SKEW) {
        end = end(now);
      }
    }
  }
}
