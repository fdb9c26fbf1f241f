package io.perfkit.db.internal;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

final class MeterNameTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  @Test
  void aNameIsTakenOnceUntilItIsGivenBack() {
    MeterName name = MeterName.claim(registry, "pool", "main");
    assertThatThrownBy(() -> MeterName.claim(registry, "pool", "main"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "name: 'main' (expected: one that no other pool with meters on this registry has)");
    name.close();
    MeterName.claim(registry, "pool", "main").close();
  }

  @Test
  void anotherKindOrAnotherRegistryMayHaveIt() {
    MeterName.claim(registry, "pool", "shared");
    MeterName.claim(registry, "writer", "shared");
    MeterName.claim(new SimpleMeterRegistry(), "pool", "shared");
  }
}
