package io.perfkit.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class ServersOutsideJUnitIT {
  private static final int DEADLINE_SECONDS = 60;

  @Test
  void startWithoutJUnitAndEndWithTheJvm() throws IOException, InterruptedException {
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
                "-cp",
                classPathWithoutJUnit(),
                ServersOutsideJUnit.class.getName())
            .redirectErrorStream(true)
            .start();
    List<String> directories =
        new String(jvm.getInputStream().readAllBytes(), UTF_8).lines().toList();

    assertThat(jvm.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(jvm.exitValue()).as("exit code, after %s", directories).isZero();
    assertThat(directories)
        .hasSize(3)
        .allSatisfy(directory -> assertThat(Path.of(directory)).isAbsolute().doesNotExist());
    assertThat(commandLinesOfAllProcesses()).noneMatch(line -> mentionsAny(line, directories));
  }

  private static String classPathWithoutJUnit() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> !entry.contains("junit") && !entry.contains("opentest4j"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static List<String> commandLinesOfAllProcesses() {
    return ProcessHandle.allProcesses()
        .flatMap(process -> process.info().commandLine().stream())
        .toList();
  }

  private static boolean mentionsAny(String commandLine, List<String> directories) {
    return directories.stream().anyMatch(commandLine::contains);
  }
}
