package io.perfkit.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Finds the root folder of this project's sources. */
final class ProjectRoot {
  private ProjectRoot() {}

  /** The nearest folder at or above the working directory that holds the BOM. */
  static Path find() {
    for (@Nullable Path folder = Path.of("").toAbsolutePath();
        folder != null;
        folder = folder.getParent()) {
      if (Files.exists(folder.resolve("perf-bom"))) {
        return folder;
      }
    }
    throw new IllegalStateException("run within the project's folders");
  }
}
