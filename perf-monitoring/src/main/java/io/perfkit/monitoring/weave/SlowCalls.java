package io.perfkit.monitoring.weave;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** The last slow calls, in a ring. Thread safe; an entry that is overtaken is lost. */
final class SlowCalls {
  private final AtomicReferenceArray<SlowCall> ring;
  private final AtomicLong added = new AtomicLong();

  SlowCalls(int maxCalls) {
    this.ring = new AtomicReferenceArray<>(maxCalls);
  }

  void add(SlowCall call) {
    ring.set((int) (added.getAndIncrement() % ring.length()), call);
  }

  /** The slowest first. */
  List<SlowCall> slowestFirst() {
    List<SlowCall> calls = new ArrayList<>();
    for (int i = 0; i < ring.length(); i++) {
      SlowCall call = ring.get(i);
      if (call != null) {
        calls.add(call);
      }
    }
    calls.sort(Comparator.comparing(SlowCall::took).reversed());
    return List.copyOf(calls);
  }
}
