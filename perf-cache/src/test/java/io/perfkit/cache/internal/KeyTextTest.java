package io.perfkit.cache.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.time.DayOfWeek;
import java.time.LocalDate;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class KeyTextTest {
  @Test
  void knowsTheTextOfPlainTypes() {
    assertThat(KeyText.of(String.class).apply("a b")).isEqualTo("a b");
    assertThat(KeyText.of(Long.class).apply(-7L)).isEqualTo("-7");
    assertThat(KeyText.of(UUID.class).apply(new UUID(0, 1)))
        .isEqualTo("00000000-0000-0000-0000-000000000001");
    assertThat(KeyText.of(DayOfWeek.class).apply(DayOfWeek.MONDAY)).isEqualTo("MONDAY");
    assertThat(KeyText.of(LocalDate.class).apply(LocalDate.EPOCH)).isEqualTo("1970-01-01");
    assertThat(KeyText.of(BigDecimal.class).apply(new BigDecimal("1.0")))
        .as("not equal to 1.00")
        .isNotEqualTo(KeyText.of(BigDecimal.class).apply(new BigDecimal("1.00")));
  }

  @Test
  void refusesTypesWithoutAnObviousText() {
    for (Class<?> type : List.of(Object.class, Double.class, byte[].class, List.class)) {
      assertThatThrownBy(() -> KeyText.of(type))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("keyType: " + type.getName() + " (expected: String,")
          .hasMessageContaining("for other keys pass a function");
    }
  }
}
