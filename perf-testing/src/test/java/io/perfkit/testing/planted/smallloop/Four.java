package io.perfkit.testing.planted.smallloop;

final class Four {
  One next() {
    return new One();
  }
}
