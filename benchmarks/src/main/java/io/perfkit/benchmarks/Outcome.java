package io.perfkit.benchmarks;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A figure with its numbers and its verdict. Immutable.
 *
 * @param name {@code area.figure}
 * @param ratio the number that is judged, rounded as it is printed, so that the line and its
 *     verdict never disagree
 * @param floor the same number with the figure's floor in place of ours, if it has one
 */
record Outcome(
    String name,
    Figure figure,
    Sample ours,
    Sample peer,
    double ratio,
    OptionalDouble floor,
    Verdict verdict) {

  /**
   * Judges a figure by the medians.
   *
   * @throws Samples.MissingSample if one of its benchmarks has no sample
   */
  static Outcome of(String area, Figure figure, Samples samples, boolean quick) {
    Sample ours = samples.get(figure.ours(), figure.measure());
    Sample peer =
        figure.comparison() == Comparison.LIMIT
            ? Sample.of(figure.measure().unit(), figure.target().bound())
            : samples.get(figure.peer(), figure.measure());
    double ratio = ratio(figure, ours, peer);
    OptionalDouble floor =
        figure.floor().stream()
            .mapToDouble(of -> ratio(figure, samples.get(of, figure.measure()), peer))
            .findAny();
    Verdict verdict = quick ? Verdict.QUICK : verdict(figure.target(), ratio, floor);
    return new Outcome(area + "." + figure.name(), figure, ours, peer, ratio, floor, verdict);
  }

  private static double ratio(Figure figure, Sample ours, Sample peer) {
    Measure measure = figure.measure();
    return Numbers.round(figure.comparison().of(measure.judged(ours), measure.judged(peer)));
  }

  /** The line that scripts read. */
  String line() {
    return "figure %s ours=%s peer=%s:%s ratio=%s target%s %s"
        .formatted(
            name,
            Numbers.text(figure.measure().judged(ours)),
            figure.peer(),
            Numbers.text(figure.measure().judged(peer)),
            Numbers.text(ratio),
            figure.target(),
            verdict);
  }

  /** Why the line says INFO; absent if it does not. */
  Optional<String> note() {
    return verdict == Verdict.INFO
        ? Optional.of(
            "info %s: its floor, %s, comes to %s itself"
                .formatted(name, figure.floor().orElseThrow(), Numbers.text(floor.orElseThrow())))
        : Optional.empty();
  }

  private static Verdict verdict(Target target, double ratio, OptionalDouble floor) {
    if (target.isMetBy(ratio)) {
      return Verdict.PASS;
    }
    boolean outOfReach =
        Double.isFinite(ratio)
            && floor.stream().anyMatch(one -> Double.isFinite(one) && !target.isMetBy(one));
    return outOfReach ? Verdict.INFO : Verdict.FAIL;
  }
}
