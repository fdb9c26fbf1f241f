package io.perfkit.testing.planted.loop;

final class Four {
  static final class Hidden {
    Five next() {
      return new Five();
    }
  }
}
