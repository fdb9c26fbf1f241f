package io.perfkit.db.route;

import java.util.concurrent.atomic.LongAdder;

/** Where the connections of one router led. Thread safe. */
final class RouteCounts {
  final LongAdder primary = new LongAdder();
  final LongAdder replica = new LongAdder();

  /** Reads that led to the primary. */
  final LongAdder fallback = new LongAdder();

  final LongAdder refused = new LongAdder();
}
