package io.perfkit.jobs;

import static java.util.Objects.requireNonNull;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What this node counts. Thread safe. */
final class Tally {
  final LongAdder enqueued = new LongAdder();
  final LongAdder duplicates = new LongAdder();
  final LongAdder rescued = new LongAdder();
  private final Map<Outcome, LongAdder> attempts = new EnumMap<>(Outcome.class);

  Tally() {
    for (Outcome outcome : Outcome.values()) {
      attempts.put(outcome, new LongAdder());
    }
  }

  void attempted(Outcome outcome) {
    of(outcome).increment();
  }

  private LongAdder of(Outcome outcome) {
    return requireNonNull(attempts.get(outcome));
  }

  long attempts(Outcome outcome) {
    return of(outcome).sum();
  }

  JobsStats stats(long stale, int running) {
    return new JobsStats(
        enqueued.sum(),
        duplicates.sum(),
        attempts(Outcome.DONE),
        attempts(Outcome.RETRIED),
        attempts(Outcome.DEAD),
        attempts(Outcome.DISCARDED),
        attempts(Outcome.CANCELLED),
        attempts(Outcome.RETURNED),
        stale,
        rescued.sum(),
        running);
  }
}
