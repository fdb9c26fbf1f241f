package io.perfkit.session;

import io.perfkit.testing.HouseRules;
import org.junit.jupiter.api.Test;

final class ArchitectureTest {
  @Test
  void keepsTheHouseRules() {
    HouseRules.of("io.perfkit.session").clocks("SessionManager").threads("Ticker").check();
  }
}
