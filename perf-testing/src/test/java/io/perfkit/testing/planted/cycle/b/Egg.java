package io.perfkit.testing.planted.cycle.b;

import io.perfkit.testing.planted.cycle.a.Hen;

public final class Egg {
  Class<?> layer = Hen.class;
}
