package io.perfkit.db.route;

import java.util.concurrent.atomic.LongAdder;

/** Counts the connections of one router by target. Thread safe. */
final class RouteCounts {
  final LongAdder primary = new LongAdder();
  final LongAdder replica = new LongAdder();

  /** Reads that fell back to the primary. */
  final LongAdder fallback = new LongAdder();

  final LongAdder refused = new LongAdder();
}
