package io.perfkit.testing.planted.loop;

final class One {
  Two next() {
    return new Two();
  }
}
