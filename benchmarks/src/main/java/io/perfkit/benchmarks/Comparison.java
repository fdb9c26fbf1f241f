package io.perfkit.benchmarks;

/** How ours and the peer's become the one number that is judged, {@code ratio=} of the line. */
enum Comparison {
  /** Ours / the peer's. */
  RATIO,
  /** The peer's time / our time: how many times faster ours is. */
  SPEEDUP,
  /** Ours - the peer's, in the unit of the measure. */
  EXCESS,
  /** Ours alone, in the unit of the measure; the limit stands in the peer's place. */
  LIMIT;

  double of(double ours, double peer) {
    return switch (this) {
      case RATIO -> ours / peer;
      case SPEEDUP -> peer / ours;
      case EXCESS -> ours - peer;
      case LIMIT -> ours;
    };
  }
}
