package io.perfkit.testing.planted.smallloop;

final class Two {
  Three next() {
    return new Three();
  }
}
