package io.perfkit.session;

import java.util.Arrays;

/** Secrets for tests, each of another byte. */
final class Secrets {
  static final Peppers ONE = Peppers.of(1, bytes(1));

  private Secrets() {}

  static byte[] bytes(int seed) {
    byte[] secret = new byte[Peppers.MIN_BYTES];
    Arrays.fill(secret, (byte) (seed * 37));
    return secret;
  }
}
