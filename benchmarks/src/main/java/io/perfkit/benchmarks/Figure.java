package io.perfkit.benchmarks;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One judged line of the report: a number of ours, the same number of a peer, how they are compared
 * and the target. Immutable.
 *
 * <p>A benchmark is named by its method, and with JMH parameters as {@code read[bytes=1024]}.
 *
 * @param name inside its area: lower-case words with dashes
 * @param floor the benchmark of what ours is built on, if there is one: a target that it misses
 *     itself is no measure of ours
 */
record Figure(
    String name,
    Measure measure,
    Comparison comparison,
    String ours,
    String peer,
    Target target,
    Optional<String> floor) {

  /** The peer of a figure that has none. */
  static final String NO_PEER = "limit";

  private static final Pattern NAME = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)*");
  private static final Pattern BENCHMARK = Pattern.compile("[^\\s:]+");

  Figure {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("name: " + name + " (expected: words-with-dashes)");
    }
    requireNonNull(measure, "measure");
    requireNonNull(comparison, "comparison");
    requireBenchmark("ours", ours);
    requireBenchmark("peer", peer);
    requireNonNull(target, "target");
    floor.ifPresent(benchmark -> requireBenchmark("floor", benchmark));
  }

  /** Ours / the peer's: at most a target for a time, at least a target for a throughput. */
  static Figure ratio(String name, Measure measure, String ours, String peer, Target target) {
    return of(name, measure, Comparison.RATIO, ours, peer, target);
  }

  /** Ours is {@code times} times as fast as the peer: its time / our time. */
  static Figure speedup(String name, String ours, String peer, double times) {
    return of(name, Measure.TIME, Comparison.SPEEDUP, ours, peer, Target.atLeast(times));
  }

  /** Ours takes at most {@code nanos} longer than the peer. */
  static Figure excess(String name, String ours, String peer, double nanos) {
    return of(name, Measure.TIME, Comparison.EXCESS, ours, peer, Target.atMost(nanos));
  }

  /** Ours is at most {@code bound}, whatever others do. */
  static Figure limit(String name, Measure measure, String ours, double bound) {
    return of(name, measure, Comparison.LIMIT, ours, NO_PEER, Target.atMost(bound));
  }

  /** The same figure, judged only as far as that benchmark meets the target. */
  Figure above(String floorBenchmark) {
    return new Figure(name, measure, comparison, ours, peer, target, Optional.of(floorBenchmark));
  }

  private static Figure of(
      String name,
      Measure measure,
      Comparison comparison,
      String ours,
      String peer,
      Target target) {
    return new Figure(name, measure, comparison, ours, peer, target, Optional.empty());
  }

  private static void requireBenchmark(String which, String benchmark) {
    if (!BENCHMARK.matcher(benchmark).matches()) {
      throw new IllegalArgumentException(
          which + ": " + benchmark + " (expected: a name without blanks and colons)");
    }
  }
}
