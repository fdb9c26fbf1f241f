package io.perfkit.testing.planted.test;

import java.util.concurrent.locks.LockSupport;

final class Sleeps {
  void disguised() {
    LockSupport.parkNanos(1);
  }

  void withReference() {
    java.util.function.LongConsumer pause = LockSupport::parkUntil;
    pause.accept(1);
  }
}
