package io.perfkit.weave;

import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Finds the class file of a class. */
final class ClassFiles {
  private ClassFiles() {}

  /** Opens the class file, which the caller closes; null for a class generated at run time. */
  static @Nullable InputStream of(Class<?> type) {
    String file = type.getName().substring(type.getPackageName().length()).replaceFirst("^\\.", "");
    return type.getResourceAsStream(file + ".class");
  }
}
