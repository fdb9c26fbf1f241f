package io.perfkit.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs areas and prints their figures; what {@code mvn -q -Pbench -Dbench=AREA [-Dquick]} starts.
 * An area's own JSON and the log of JMH are written into {@code target/bench}.
 */
public final class Bench {

  private static final TimeValue QUICK_ITERATION = TimeValue.milliseconds(200);

  private final Areas areas;
  private final Path directory;
  private final PrintStream out;

  Bench(Areas areas, Path directory, PrintStream out) {
    this.areas = areas;
    this.directory = directory;
    this.out = out;
  }

  public static void main(String[] args) throws IOException {
    String wanted = System.getProperty("bench", "");
    boolean quick = !System.getProperty("quick", "false").equals("false");
    Bench bench = new Bench(Areas.onClassPath(), Path.of(args[0]), System.out);
    System.exit(bench.run(wanted, quick).code());
  }

  /** The worst exit of the areas that are wanted. */
  Exit run(String wanted, boolean quick) throws IOException {
    List<Area> selected = areas.select(wanted);
    if (selected.isEmpty()) {
      out.println(usage(wanted));
      return Exit.UNKNOWN_AREA;
    }
    Exit worst = Exit.PASSED;
    for (Area area : selected) {
      Optional<String> lacking = area.lacking();
      lacking.ifPresent(what -> out.println("not run " + area.name() + ": " + what));
      Exit unmeasured = wanted.equals(area.name()) ? Exit.BROKEN : Exit.PASSED;
      Exit exit = lacking.isPresent() ? unmeasured : run(area, quick);
      worst = exit.compareTo(worst) > 0 ? exit : worst;
    }
    return worst;
  }

  private Exit run(Area area, boolean quick) throws IOException {
    Files.createDirectories(directory);
    Path log = directory.resolve(area.name() + ".log");
    Path json = directory.resolve(area.name() + ".json");
    Samples samples;
    try (PrintStream logged = new PrintStream(Files.newOutputStream(log), false, UTF_8)) {
      Progress progress = new Progress(area.name(), out, logged);
      samples = Samples.of(new Runner(options(area, quick), progress).run());
    } catch (RunnerException e) {
      out.println("error " + area.name() + ": " + e.getMessage());
      return Exit.BROKEN;
    }
    Report report =
        Report.of(area, quick, InstantSource.system().instant(), Machine.current(), samples);
    Files.writeString(json, report.json());
    out.print(report.text());
    out.println("written: " + json + ", log: " + log);
    return report.exit();
  }

  private String usage(String wanted) {
    String problem = wanted.isEmpty() ? "no area" : "unknown area '" + wanted + "'";
    return "%s; use -Dbench=AREA with one of: %s, or %s"
        .formatted(problem, String.join(", ", areas.names()), Areas.ALL);
  }

  /**
   * Each iteration begins on a collected heap: what allocates nothing would otherwise be measured
   * on whatever layout its setup left, an entry here and there among megabytes of garbage, for as
   * long as it runs.
   */
  private static Options options(Area area, boolean quick) {
    var options =
        new OptionsBuilder()
            .include("^" + Pattern.quote(area.getClass().getName() + "."))
            .addProfiler(GCProfiler.class)
            .shouldDoGC(!quick);
    if (quick) {
      options
          .forks(1)
          .warmupIterations(0)
          .measurementIterations(1)
          .measurementTime(QUICK_ITERATION);
    }
    return options.build();
  }
}
