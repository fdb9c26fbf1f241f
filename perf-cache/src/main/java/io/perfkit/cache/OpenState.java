package io.perfkit.cache;

/**
 * Whether the caches of one {@link Caches} without Redis may still be used; on Redis the guard
 * knows it. Ends later than {@link Caches#close()} begins, so that what is attached can still
 * invalidate. Thread safe.
 */
final class OpenState {
  private volatile boolean closed;

  void close() {
    closed = true;
  }

  /**
   * @throws IllegalStateException after {@link #close()}
   */
  void requireOpen() {
    if (closed) {
      throw new IllegalStateException("closed: the caches (expected: no use after close)");
    }
  }
}
