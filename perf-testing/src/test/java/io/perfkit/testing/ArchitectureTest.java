package io.perfkit.testing;

import org.junit.jupiter.api.Test;

final class ArchitectureTest {
  @Test
  void keepsTheHouseRules() {
    HouseRules.of("io.perfkit.testing")
        .clocks("Await", "Pace")
        .threads("AtExit", "FaultProxy")
        .check();
  }
}
