package io.perfkit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.ReferenceTable;
import org.junit.jupiter.api.Test;

final class ReferenceTest {
  @Test
  void defaultsAreThoseOfTheTable() {
    assertThat(ReferenceTable.under("GuardConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(GuardConfig.defaults()));
  }
}
