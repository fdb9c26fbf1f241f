package io.perfkit.testing.planted.smallloop;

final class One {
  Two next() {
    return new Two();
  }
}
