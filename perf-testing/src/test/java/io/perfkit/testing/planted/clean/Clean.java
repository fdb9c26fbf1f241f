package io.perfkit.testing.planted.clean;

import io.perfkit.testing.planted.clean.sub.Part;

final class Clean {
  Part part = new Part();
}
