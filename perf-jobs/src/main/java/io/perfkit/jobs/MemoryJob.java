package io.perfkit.jobs;

import java.time.Instant;

/** A job in the heap. Guarded by the lock of its {@link MemoryStore}. */
final class MemoryJob {
  final NewJob source;
  final MemoryQueue queue;
  long dueNanos;
  long sequence;
  long owner;
  long claim;
  int attempt;
  int crashes;
  boolean cancelRequested;
  boolean holdsKey;

  MemoryJob(NewJob source, MemoryQueue queue) {
    this.source = source;
    this.queue = queue;
  }

  ClaimedJob claimed(long now) {
    return new ClaimedJob(
        source.id(),
        queue.name,
        source.type(),
        source.version(),
        source.priority(),
        source.key(),
        owner,
        claim,
        attempt,
        source.maxAttempts(),
        crashes,
        source.headers(),
        source.payload(),
        Math.max(0, now - dueNanos),
        this);
  }

  DeadLetter letter(DeadReason reason, String error, Instant at) {
    return new DeadLetter(
        source.id(),
        queue.name,
        source.type(),
        source.version(),
        reason,
        error,
        attempt,
        crashes,
        at);
  }
}
