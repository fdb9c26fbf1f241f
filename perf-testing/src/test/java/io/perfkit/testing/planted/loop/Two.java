package io.perfkit.testing.planted.loop;

final class Two {
  Three next() {
    return new Three();
  }
}
