package io.perfkit.ratelimit;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Checks that in every span of time t no more than burst + t * permits / period were admitted. One
 * thread at a time.
 */
final class BucketEnvelope {
  private static final long NANOS = 1_000; // of a microsecond

  private record Admission(long nanos, long permits) {}

  private final Limit.TokenBucket bucket;
  private final List<Admission> admissions = new ArrayList<>();

  BucketEnvelope(Limit.TokenBucket bucket) {
    this.bucket = bucket;
  }

  void admitted(long nanos, long permits) {
    admissions.add(new Admission(nanos, permits));
  }

  int count() {
    return admissions.size();
  }

  /**
   * Permits above the bound, in the worst span; zero or less if the bound holds. What was admitted
   * drains at the bucket's rate like water, and must never stand above its brim: that is the same
   * as to look at every span.
   */
  double excess() {
    admissions.sort(Comparator.comparingLong(Admission::nanos));
    long unit = bucket.unitsPerPermit() * NANOS;
    long level = 0;
    long highest = 0;
    long last = Long.MIN_VALUE;
    for (Admission admission : admissions) {
      long passed = last == Long.MIN_VALUE ? 0 : admission.nanos() - last;
      level = Math.max(0, level - passed * bucket.unitsPerMicro()) + admission.permits() * unit;
      highest = Math.max(highest, level);
      last = admission.nanos();
    }
    return (double) (highest - bucket.burst() * unit) / unit;
  }
}
