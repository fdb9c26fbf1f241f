package io.perfkit.testing.planted.cycle.a;

import io.perfkit.testing.planted.cycle.b.Egg;

public final class Hen {
  Egg egg = new Egg();
}
