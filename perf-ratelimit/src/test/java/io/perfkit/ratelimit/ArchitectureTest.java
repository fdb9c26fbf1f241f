package io.perfkit.ratelimit;

import io.perfkit.testing.HouseRules;
import org.junit.jupiter.api.Test;

final class ArchitectureTest {
  @Test
  void keepsTheHouseRules() {
    HouseRules.of("io.perfkit.ratelimit")
        .rootException("RateLimitException")
        .clocks("RateLimiter", "Sleeper", "http.RateLimitHeaders")
        .threads("LeasingStore")
        .check();
  }
}
