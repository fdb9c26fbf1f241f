package io.perfkit.benchmarks;

import java.util.List;
import java.util.Optional;

/**
 * One area of the report: a public class that holds JMH benchmarks, ours and those of the peers,
 * and says which figures are read from them. {@link Areas} finds it by its benchmarks. Forks,
 * iterations, mode and unit are JMH annotations on the class; what is expensive to build stands in
 * nested JMH states, because the class itself is also created to list the areas.
 */
interface Area {

  /** What {@code -Dbench} calls it: lower-case words with dashes. */
  String name();

  /** In the order of the report, at least one. */
  List<Figure> figures();

  /** What this JVM lacks to run the benchmarks, if anything: {@code -Djvm} names another one. */
  default Optional<String> lacking() {
    return Optional.empty();
  }
}
