package io.perfkit.testing.planted.visible;

public final class Visible {
  /** Not top-level, so not listed. */
  public static final class Nested {}
}
