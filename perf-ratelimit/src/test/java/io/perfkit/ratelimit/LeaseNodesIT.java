package io.perfkit.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.Await;
import io.perfkit.testing.FaultProxy;
import io.perfkit.testing.Pace;
import io.perfkit.testing.RedisProcess;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Leases among processes: killed, stopped, and cut off from their answers. */
final class LeaseNodesIT {
  private static final int SECONDS = Integer.getInteger("perf.chaos.seconds", 5);
  private static final int NOTES_MIN = 5_000 * SECONDS;
  private static final Duration DEADLINE = Duration.ofSeconds(60);

  @TempDir Path notes;

  private final RedisProcess redis = RedisProcess.start();
  private final List<Process> processes = new ArrayList<>();
  private final List<Path> files = new ArrayList<>();

  @AfterEach
  void close() {
    processes.forEach(Process::destroyForcibly);
    redis.close();
  }

  @Test
  void allProcessesTogetherStayInTheEnvelopeWhateverHappensToThem() throws Exception {
    try (FaultProxy proxy = FaultProxy.to(redis.address())) {
      start(redis.address().toString());
      start(proxy.address().toString());
      Process stopped = start(redis.address().toString());
      Process killed = start(redis.address().toString());
      awaitNotes(4);
      for (int i = 0; i < SECONDS; i++) {
        Pace.pause(Duration.ofMillis(200));
        signal("STOP", stopped);
        killed.destroyForcibly().waitFor();
        killed = start(redis.address().toString());
        Pace.pause(Duration.ofMillis(200));
        if (i % 2 == 0) {
          proxy.dropReplies();
        } else {
          proxy.cut();
        }
        Pace.pause(
            Duration.ofMillis(
                300)); // longer than a lease lives, so what the stopped one holds has ended
        signal("CONT", stopped);
        proxy.heal();
        Pace.pause(Duration.ofMillis(300));
      }
      Await.until("permits enough", DEADLINE, () -> notes() > NOTES_MIN);
    }
    for (Process process : processes) {
      process.destroyForcibly().waitFor();
    }

    BucketEnvelope envelope = new BucketEnvelope(LeaseNode.BUCKET);
    for (Path file : files) {
      read(file, envelope);
    }
    double microsecond =
        (double) LeaseNode.BUCKET.unitsPerMicro() / LeaseNode.BUCKET.unitsPerPermit();
    assertThat(envelope.count()).isGreaterThan(NOTES_MIN);
    assertThat(envelope.excess())
        .as("permits above the bound, beyond what Redis can't see: a part of a microsecond")
        .isLessThanOrEqualTo(2 * microsecond);
  }

  private Process start(String address) throws IOException {
    Path file = notes.resolve("node" + processes.size());
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "-cp",
                classPath(),
                LeaseNode.class.getName(),
                address,
                "bucket",
                "n" + processes.size(),
                file.toString())
            .redirectError(Redirect.INHERIT)
            .redirectOutput(Redirect.INHERIT)
            .start();
    files.add(file);
    processes.add(process);
    return process;
  }

  /** That of this test: some launchers load it by a class loader of their own. */
  private static String classPath() {
    return LeaseNodesIT.class.getClassLoader() instanceof URLClassLoader loader
        ? Stream.of(loader.getURLs())
            .map(URL::getPath)
            .collect(Collectors.joining(File.pathSeparator))
        : System.getProperty("java.class.path");
  }

  private void awaitNotes(int count) {
    Await.until(
        "notes of all nodes",
        DEADLINE,
        () -> files.stream().limit(count).allMatch(LeaseNodesIT::begun));
  }

  private static boolean begun(Path file) {
    if (!Files.exists(file)) {
      return false;
    }
    try (var channel = Files.newByteChannel(file)) {
      ByteBuffer first = ByteBuffer.allocate(Long.BYTES);
      return channel.read(first) == Long.BYTES && first.getLong(0) != 0;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private long notes() {
    return files.stream().mapToLong(LeaseNodesIT::notes).sum();
  }

  /** Notes are written one after the other, so the first empty one is found by halving. */
  private static long notes(Path file) {
    if (!Files.exists(file)) {
      return 0;
    }
    try (FileChannel channel = FileChannel.open(file)) {
      long written = 0;
      long end = channel.size() / Long.BYTES;
      while (written < end) {
        long middle = (written + end) / 2;
        ByteBuffer note = ByteBuffer.allocate(Long.BYTES);
        if (channel.read(note, middle * Long.BYTES) == Long.BYTES && note.getLong(0) != 0) {
          written = middle + 1;
        } else {
          end = middle;
        }
      }
      return written;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void read(Path file, BucketEnvelope envelope) throws IOException {
    if (!Files.exists(file)) {
      return; // it was killed before it began
    }
    ByteBuffer notes = ByteBuffer.wrap(Files.readAllBytes(file));
    while (notes.hasRemaining()) {
      long nanos = notes.getLong();
      if (nanos == 0) {
        return;
      }
      envelope.admitted(nanos, 1);
    }
  }

  private static void signal(String name, Process process) throws Exception {
    Process kill =
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).inheritIO().start();
    assertThat(kill.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(kill.exitValue()).isZero();
  }
}
