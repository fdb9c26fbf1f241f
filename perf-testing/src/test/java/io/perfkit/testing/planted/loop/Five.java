package io.perfkit.testing.planted.loop;

final class Five {
  Runnable next() {
    return () -> new One().next();
  }
}
