package io.perfkit.testing.planted.room;

import io.perfkit.testing.planted.room.internal.Shared;

public final class Shows {
  public Shared shared() {
    return hidden();
  }

  Shared hidden() {
    return new Shared();
  }
}
