package io.perfkit.cache;

import org.jspecify.annotations.Nullable;

/**
 * A load that failed and is remembered. Immutable.
 *
 * @param kind the class of what was thrown
 * @param cause what was thrown, only on the node that saw it
 */
record Failure(String kind, @Nullable Throwable cause) {
  static Failure of(Throwable thrown) {
    return new Failure(thrown.getClass().getName(), thrown);
  }
}
