package io.perfkit.db.route;

import io.perfkit.db.internal.SqlState;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.postgresql.ds.PGSimpleDataSource;

/** A JVM that runs {@link TravellingReads}. One step of a session at a time; thread safe. */
final class Travelling implements AutoCloseable {
  private final Process jvm;
  private final PrintStream steps;
  private final Map<Integer, CompletableFuture<Step>> waiting = new ConcurrentHashMap<>();

  /** What came of a step. */
  record Step(boolean failed, long value, boolean onReplica, String token) {
    static Step of(String[] answer) {
      return answer.length < 4
          ? new Step(true, 0, false, "-")
          : new Step(false, Long.parseLong(answer[1]), answer[2].equals("R"), answer[3]);
    }
  }

  Travelling(String primary, String replica, String... fault) throws IOException {
    String classPath =
        Stream.of(
                Router.class,
                TravellingReads.class,
                PGSimpleDataSource.class,
                SqlState.class,
                org.slf4j.Logger.class)
            .map(type -> type.getProtectionDomain().getCodeSource().getLocation())
            .map(location -> new File(location.getPath()).getPath())
            .distinct()
            .collect(Collectors.joining(File.pathSeparator));
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath,
                TravellingReads.class.getName(),
                primary,
                replica));
    command.addAll(List.of(fault));
    this.jvm = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    this.steps = new PrintStream(jvm.getOutputStream(), true, StandardCharsets.UTF_8);
    Thread reader = new Thread(this::readAnswers, "travelling-" + jvm.pid());
    reader.setDaemon(true);
    reader.start();
  }

  private void readAnswers() {
    try (BufferedReader answers =
        new BufferedReader(new InputStreamReader(jvm.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = answers.readLine(); line != null; line = answers.readLine()) {
        String[] answer = line.split(" ");
        CompletableFuture<Step> step = waiting.remove(Integer.valueOf(answer[0]));
        if (step != null) {
          step.complete(Step.of(answer));
        }
      }
    } catch (IOException closed) {
      // The process has ended.
    }
  }

  /** Has the session of that id write or read there, and blocks until it has. */
  Step step(int id, boolean writes, String token) {
    CompletableFuture<Step> step = new CompletableFuture<>();
    waiting.put(id, step);
    steps.println(id + (writes ? " W " : " R ") + token);
    try {
      return step.get(30, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError("the process " + jvm + " does not answer", e);
    }
  }

  @Override
  public void close() {
    jvm.destroyForcibly();
  }
}
