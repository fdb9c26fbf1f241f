package io.perfkit.benchmarks;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * One run of one area: its samples, the outcome of each figure, and what is missing. Immutable.
 *
 * @param errors a sentence for each figure that could not be read from the samples
 */
record Report(
    String area,
    boolean quick,
    Instant date,
    Machine machine,
    Samples samples,
    List<Outcome> outcomes,
    List<String> errors) {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  Report {
    outcomes = List.copyOf(outcomes);
    errors = List.copyOf(errors);
  }

  static Report of(Area area, boolean quick, Instant date, Machine machine, Samples samples) {
    List<Outcome> outcomes = new ArrayList<>();
    List<String> errors = new ArrayList<>();
    for (Figure figure : area.figures()) {
      try {
        outcomes.add(Outcome.of(area.name(), figure, samples, quick));
      } catch (Samples.MissingSample e) {
        errors.add(area.name() + "." + figure.name() + ": " + e.getMessage());
      }
    }
    return new Report(area.name(), quick, date, machine, samples, outcomes, errors);
  }

  Exit exit() {
    if (!errors.isEmpty()) {
      return Exit.BROKEN;
    }
    boolean failed = outcomes.stream().anyMatch(outcome -> outcome.verdict() == Verdict.FAIL);
    return failed ? Exit.FAILED : Exit.PASSED;
  }

  /** For people: each sample with its spread, then the figures, then what is missing. */
  String text() {
    StringBuilder text = new StringBuilder();
    text.append("%n%s%s on %s%n".formatted(area, quick ? " (quick)" : "", machine));
    text.append("%-40s %12s %12s %12s %4s %s%n".formatted("", "median", "min", "max", "n", "unit"));
    samples
        .byBenchmark()
        .forEach(
            (benchmark, byLabel) ->
                byLabel
                    .values()
                    .forEach(
                        sample ->
                            text.append(
                                "%-40s %12s %12s %12s %4d %s%n"
                                    .formatted(
                                        benchmark,
                                        Numbers.text(sample.median()),
                                        Numbers.text(sample.min()),
                                        Numbers.text(sample.max()),
                                        sample.count(),
                                        sample.unit()))));
    text.append("%n".formatted());
    outcomes.forEach(outcome -> text.append("%s%n".formatted(outcome.line())));
    outcomes.stream()
        .flatMap(outcome -> outcome.note().stream())
        .forEach(note -> text.append("%s%n".formatted(note)));
    errors.forEach(error -> text.append("error %s%n".formatted(error)));
    return text.toString();
  }

  /** The same for programs, with the machine, the date and the command. */
  String json() {
    ObjectNode root = JSON.createObjectNode();
    root.put("area", area);
    root.put("command", "mvn -q -Pbench -Dbench=" + area + (quick ? " -Dquick" : ""));
    root.put("quick", quick);
    root.put("date", date.toString());
    root.putObject("machine")
        .put("cpus", machine.cpus())
        .put("jdk", machine.jdk())
        .put("os", machine.os());
    var figures = root.putArray("figures");
    for (Outcome outcome : outcomes) {
      Figure figure = outcome.figure();
      ObjectNode node = figures.addObject();
      node.put("name", outcome.name());
      node.put("comparison", figure.comparison().toString());
      put(node.putObject("ours").put("benchmark", figure.ours()), outcome.ours());
      put(node.putObject("peer").put("benchmark", figure.peer()), outcome.peer());
      node.put("ratio", outcome.ratio());
      outcome.floor().ifPresent(floor -> node.put("floor", floor));
      node.put("target", figure.target().toString());
      node.put("verdict", outcome.verdict().toString());
    }
    var benchmarks = root.putObject("benchmarks");
    samples
        .byBenchmark()
        .forEach(
            (benchmark, byLabel) -> {
              ObjectNode node = benchmarks.putObject(benchmark);
              byLabel.forEach((label, sample) -> put(node.putObject(label), sample));
            });
    errors.forEach(root.putArray("errors")::add);
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
  }

  private static void put(ObjectNode node, Sample sample) {
    node.put("unit", sample.unit())
        .put("median", sample.median())
        .put("min", sample.min())
        .put("max", sample.max())
        .put("iterations", sample.count());
  }
}
