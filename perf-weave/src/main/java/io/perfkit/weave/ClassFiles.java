package io.perfkit.weave;

import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Where the byte code of a class is. */
final class ClassFiles {
  private ClassFiles() {}

  /** To be closed; null for a class made at run time, which has no file. */
  static @Nullable InputStream of(Class<?> type) {
    String file = type.getName().substring(type.getPackageName().length()).replaceFirst("^\\.", "");
    return type.getResourceAsStream(file + ".class");
  }
}
