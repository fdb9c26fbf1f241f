package io.perfkit.ratelimit;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Checks that in every span of time t no more than burst + t * permits / period were admitted: zero
 * tolerance, in whole units. One thread at a time.
 */
final class Envelope {
  private record Admission(long micros, long permits) {}

  private final Limit.TokenBucket bucket;
  private final List<Admission> admissions = new ArrayList<>();

  Envelope(Limit.TokenBucket bucket) {
    this.bucket = bucket;
  }

  void admitted(long micros, long permits) {
    admissions.add(new Admission(micros, permits));
  }

  int count() {
    return admissions.size();
  }

  /**
   * Permits above the bound, in the worst span; zero or less if the bound holds. What is in excess
   * of the rate drains like water from a bucket, which is the same as to look at every span.
   */
  double excess() {
    admissions.sort(Comparator.comparingLong(Admission::micros));
    long capacity = bucket.burst() * bucket.unitsPerPermit();
    long level = 0;
    long highest = 0;
    long last = 0;
    for (Admission admission : admissions) {
      level = Math.max(0, level - (admission.micros() - last) * bucket.unitsPerMicro());
      level += admission.permits() * bucket.unitsPerPermit();
      highest = Math.max(highest, level);
      last = admission.micros();
    }
    return (double) (highest - capacity) / bucket.unitsPerPermit();
  }
}
