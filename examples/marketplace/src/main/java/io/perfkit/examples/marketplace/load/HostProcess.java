package io.perfkit.examples.marketplace.load;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.perfkit.examples.marketplace.DatabaseReport;
import io.perfkit.examples.marketplace.Figures;
import io.perfkit.examples.marketplace.HostApplication;
import io.perfkit.examples.marketplace.HostSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.json.JsonMapper;

/**
 * A host application in a JVM of its own with {@value #HEAP}, so that heap and CPU are its own.
 * Ends with this JVM, however that ends. One thread at a time.
 */
final class HostProcess implements AutoCloseable {
  static final String HEAP = "-Xmx512m";

  private static final String READY = "ready ";
  private static final long STOP_SECONDS_MAX = 60;

  private final JsonMapper json = JsonMapper.builder().build();
  private final Process process;
  private final BufferedReader out;
  private final Writer in;
  private final URI uri;

  private HostProcess(Process process) throws IOException {
    this.process = process;
    this.out = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
    this.in = new OutputStreamWriter(process.getOutputStream(), UTF_8);
    String line = readLine();
    if (!line.startsWith(READY)) {
      throw new IllegalStateException("the host application said: " + line);
    }
    this.uri = URI.create(line.substring(READY.length()));
  }

  /** Blocks until the host serves. */
  static HostProcess start(HostSettings settings) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                HEAP,
                "-classpath",
                System.getProperty("java.class.path"),
                HostApplication.class.getName()));
    builder.environment().putAll(settings.environment());
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    Process process = builder.start();
    boolean ready = false;
    try {
      HostProcess host = new HostProcess(process);
      ready = true;
      return host;
    } finally {
      if (!ready) {
        process.destroyForcibly();
      }
    }
  }

  URI uri() {
    return uri;
  }

  /** What the host has done so far. */
  Figures figures() throws IOException {
    return ask("figures", Figures.class);
  }

  /** The same, after the host has collected its garbage. */
  Figures figuresAfterCollection() throws IOException {
    return ask("collect", Figures.class);
  }

  /** What the host has asked of its database so far. */
  DatabaseReport databaseReport() throws IOException {
    return ask("database", DatabaseReport.class);
  }

  /** Blocks until the host ends by itself. */
  int awaitEnd() throws InterruptedException {
    return process.waitFor();
  }

  /** Ends the host as {@code kill -9} does, and blocks until it is gone. */
  void kill() {
    process.destroyForcibly().onExit().join();
  }

  @Override
  public void close() throws IOException {
    try {
      in.close();
      process.onExit().completeOnTimeout(process, STOP_SECONDS_MAX, TimeUnit.SECONDS).join();
    } finally {
      process.destroyForcibly();
    }
  }

  private <T> T ask(String question, Class<T> answer) throws IOException {
    in.write(question + "\n");
    in.flush();
    return json.readValue(readLine(), answer);
  }

  private String readLine() throws IOException {
    String line = out.readLine();
    if (line == null) {
      throw new IllegalStateException("the host application has ended");
    }
    return line;
  }
}
