package io.perfkit.testing.planted.smallloop;

final class Three {
  Four next() {
    return new Four();
  }
}
