package io.perfkit.benchmarks;

/**
 * A figure with its numbers and its verdict. Immutable.
 *
 * @param name {@code area.figure}
 * @param ratio the number that is judged, rounded as it is printed, so that the line and its
 *     verdict never disagree
 */
record Outcome(
    String name, Figure figure, Sample ours, Sample peer, double ratio, Verdict verdict) {

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
    Measure measure = figure.measure();
    double ratio =
        Numbers.round(figure.comparison().of(measure.judged(ours), measure.judged(peer)));
    return new Outcome(
        area + "." + figure.name(), figure, ours, peer, ratio, verdict(figure, ratio, quick));
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

  private static Verdict verdict(Figure figure, double ratio, boolean quick) {
    if (quick) {
      return Verdict.QUICK;
    }
    return figure.target().isMetBy(ratio) ? Verdict.PASS : Verdict.FAIL;
  }
}
