package io.perfkit.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

/** A directory for the files of one server, deleted with its contents on close. Thread safe. */
final class TempDirectory implements AutoCloseable {
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  private final Path path;

  private TempDirectory(Path path) {
    this.path = path;
  }

  static TempDirectory create(String name) {
    try {
      return new TempDirectory(Files.createTempDirectory("perf-testing-" + name + "-"));
    } catch (IOException failed) {
      throw new UncheckedIOException("no temporary directory for " + name, failed);
    }
  }

  Path path() {
    return path;
  }

  Path file(String name) {
    return path.resolve(name);
  }

  /** Deletes everything, once a server that still ends lets it; a second call does nothing. */
  @Override
  public void close() {
    AtomicReference<Exception> failure = new AtomicReference<>();
    if (!Await.holdsWithin(DEADLINE, () -> isDeleted(failure))) {
      throw new IllegalStateException("cannot delete " + path, failure.get());
    }
  }

  private boolean isDeleted(AtomicReference<Exception> failure) {
    if (!Files.exists(path)) {
      return true;
    }
    try (Stream<Path> files = Files.walk(path)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.deleteIfExists(file);
      }
      return true;
    } catch (IOException | UncheckedIOException changedMeanwhile) {
      failure.set(changedMeanwhile);
      return false;
    }
  }
}
