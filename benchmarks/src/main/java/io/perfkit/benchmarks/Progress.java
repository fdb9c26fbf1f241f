package io.perfkit.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.util.Collection;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Sends what JMH says to a log, and to the console only how far it is: a line for each fork. */
final class Progress implements OutputFormat {

  private static final String STATUS = "# Run progress: ";

  private final PrintStream console;
  private final OutputFormat log;
  private String benchmark;

  Progress(String area, PrintStream console, PrintStream log) {
    this.benchmark = area;
    this.console = console;
    this.log = OutputFormatFactory.createFormatInstance(log, VerboseMode.NORMAL);
  }

  @Override
  public void startBenchmark(BenchmarkParams params) {
    benchmark = params.getBenchmark().substring(params.getBenchmark().lastIndexOf('.') + 1);
    log.startBenchmark(params);
  }

  @Override
  public void println(String line) {
    if (line.startsWith(STATUS)) {
      console.printf("%-40s %s%n", benchmark, line.substring(STATUS.length()));
    }
    log.println(line);
  }

  @Override
  public void iteration(BenchmarkParams params, IterationParams iteration, int number) {
    log.iteration(params, iteration, number);
  }

  @Override
  public void iterationResult(
      BenchmarkParams params, IterationParams iteration, int number, IterationResult result) {
    log.iterationResult(params, iteration, number, result);
  }

  @Override
  public void endBenchmark(BenchmarkResult result) {
    log.endBenchmark(result);
  }

  @Override
  public void startRun() {
    log.startRun();
  }

  @Override
  public void endRun(Collection<RunResult> results) {
    log.endRun(results);
  }

  @Override
  public void print(String text) {
    log.print(text);
  }

  @Override
  public void verbosePrintln(String line) {
    log.verbosePrintln(line);
  }

  @Override
  public void write(int b) {
    log.write(b);
  }

  @Override
  public void write(byte[] bytes) throws IOException {
    log.write(bytes);
  }

  @Override
  public void flush() {
    log.flush();
  }

  @Override
  public void close() {
    log.close();
  }
}
