package io.perfkit.testing.planted.room;

import io.perfkit.testing.planted.room.internal.Shared;

public final class Keeps {
  private final Shared shared = new Shared();

  Shared shared() {
    return shared;
  }
}
