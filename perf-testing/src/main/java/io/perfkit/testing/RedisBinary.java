package io.perfkit.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import redis.embedded.core.ExecutableProvider;

/** The {@code redis-server} for this machine, unpacked once per JVM. Thread safe. */
final class RedisBinary {
  private RedisBinary() {}

  /**
   * Path of the executable, valid until the JVM ends.
   *
   * @throws IllegalStateException if there is none for this operating system
   */
  static Path path() {
    return Unpacked.PATH;
  }

  private static final class Unpacked {
    static final Path PATH = unpack();

    private static Path unpack() {
      TempDirectory directory = TempDirectory.create("redis-binary");
      AtExit.close(directory);
      try {
        return ExecutableProvider.newJarResourceProvider(directory.path().toFile()).get().toPath();
      } catch (IOException failed) {
        throw new UncheckedIOException("cannot unpack redis-server", failed);
      }
    }
  }
}
