package io.perfkit.ratelimit;

import java.math.BigInteger;
import java.util.List;

/** Whether admissions keep within what a limit promises, without any tolerance. */
final class Envelope {
  private Envelope() {}

  /** An admission of {@code cost} permits at a time in microseconds. */
  record Admission(long time, long cost) {}

  /**
   * In every span from one admission to another, both included, a bucket admits at most its burst
   * and what returned meanwhile.
   */
  static void check(Limit.TokenBucket limit, List<Admission> ordered) {
    BigInteger unit = BigInteger.valueOf(limit.period().toNanos() / 1_000);
    BigInteger capacity = unit.multiply(BigInteger.valueOf(limit.burst()));
    BigInteger taken = BigInteger.ZERO; // in units, less what could have returned since time 0
    BigInteger least = null; // of what was taken before any admission so far
    for (Admission admission : ordered) {
      BigInteger returned =
          BigInteger.valueOf(admission.time()).multiply(BigInteger.valueOf(limit.permits()));
      BigInteger before = taken.subtract(returned);
      least = least == null || before.compareTo(least) < 0 ? before : least;
      taken = taken.add(unit.multiply(BigInteger.valueOf(admission.cost())));
      BigInteger excess = taken.subtract(returned).subtract(least).subtract(capacity);
      if (excess.signum() > 0) {
        throw new AssertionError(
            limit + " admitted " + excess + "/" + unit + " too much until " + admission);
      }
    }
  }

  /** No span of a window's length, wherever it begins, holds more than its permits. */
  static void check(Limit.SlidingWindow limit, List<Admission> ordered) {
    long window = limit.window().toNanos() / 1_000;
    long inWindow = 0;
    int first = 0;
    for (Admission admission : ordered) {
      inWindow += admission.cost();
      while (ordered.get(first).time() <= admission.time() - window) {
        inWindow -= ordered.get(first++).cost();
      }
      if (inWindow > limit.permits()) {
        throw new AssertionError(
            limit + " admitted " + inWindow + " in the window that ends with " + admission);
      }
    }
  }
}
