package io.perfkit.db.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class PoolSizingTest {
  private static final int NO_LIMIT = -1;

  @Test
  void theSettingsHoldWhereTheServerHasRoom() {
    PoolSizing sizing =
        PoolSizing.of(PoolConfig.of(4), ServerLimits.of(500, 3, NO_LIMIT, NO_LIMIT));

    assertThat(sizing).isEqualTo(new PoolSizing(1, 16, 8, 64));
  }

  @Test
  void theInstancesShareWhatTheServerLeaves() {
    PoolConfig config = PoolConfig.builder(4).instances(10).reserved(7).build();

    PoolSizing sizing = PoolSizing.of(config, ServerLimits.of(100, 3, NO_LIMIT, NO_LIMIT));

    assertThat(sizing.maxSize()).isEqualTo(9); // (100 - 3 - 7) / 10
    assertThat(sizing.size()).isEqualTo(9);
    assertThat(sizing.minIdle()).isEqualTo(8);
  }

  @Test
  void theTightestLimitOfServerRoleAndDatabaseCounts() {
    assertThat(ServerLimits.of(100, 13, NO_LIMIT, NO_LIMIT).usable()).isEqualTo(87);
    assertThat(ServerLimits.of(100, 13, 40, NO_LIMIT).usable()).isEqualTo(40);
    assertThat(ServerLimits.of(100, 13, 40, 30).usable()).isEqualTo(30);
    assertThat(ServerLimits.of(10, 13, NO_LIMIT, NO_LIMIT).usable()).isZero();
  }

  @Test
  void startsAtTheFloorThatNestedCallersNeed() {
    PoolSizing sizing = PoolSizing.of(PoolConfig.builder(2).callers(10).nesting(2).build());

    assertThat(sizing.minSize()).isEqualTo(11); // ten hold one each, and one more lets one go on
    assertThat(sizing.size()).isEqualTo(11);
  }

  @Test
  void aShareBelowTheFloorIsRefusedWithItsNumbersAndARemedy() {
    PoolConfig config =
        PoolConfig.builder(2).name("orders").instances(12).callers(8).nesting(2).build();

    assertThatThrownBy(() -> PoolSizing.of(config, ServerLimits.of(100, 3, NO_LIMIT, NO_LIMIT)))
        .isInstanceOf(SizingImpossible.class)
        .hasMessage(
            "pool 'orders': at most 7 connections (the server allows 97 (max_connections 100,"
                + " 3 reserved by it), 5 are reserved for others, 12 instances share the rest;"
                + " raise max_connections or lower reserved or instances), but 8 callers that hold"
                + " up to 2 at once need 9, or they can block each other for ever; or let each"
                + " caller hold one at a time");
  }

  @Test
  void aCeilingBelowTheFloorIsRefused() {
    PoolConfig config = PoolConfig.builder(1).maxSize(4).callers(4).nesting(2).build();

    assertThatThrownBy(() -> PoolSizing.of(config))
        .isInstanceOf(SizingImpossible.class)
        .hasMessageContaining("at most 4 connections (set by maxSize; raise it)");
  }

  @Test
  void aShareOfNothingIsRefused() {
    PoolConfig config = PoolConfig.builder(2).reserved(97).build();

    assertThatThrownBy(() -> PoolSizing.of(config, ServerLimits.of(100, 3, NO_LIMIT, NO_LIMIT)))
        .isInstanceOf(SizingImpossible.class)
        .hasMessageContaining("at most 0 connections");
  }
}
