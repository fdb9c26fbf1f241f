package io.perfkit.testing.planted.loop;

final class Three {
  Four next() {
    return new Four();
  }
}
