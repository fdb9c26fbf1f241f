package io.perfkit.examples.marketplace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.examples.marketplace.BetOrder.Side;
import org.junit.jupiter.api.Test;

final class RequestRulesTest {

  @Test
  void boundsPages() {
    assertThat(new PageRequest(PageRequest.PAGE_MAX, PageRequest.SIZE_MAX).offset())
        .isEqualTo(500_000);
    refused(() -> new PageRequest(-1, 10), "page: -1 (expected: 0 to 10000)");
    refused(() -> new PageRequest(10_001, 10), "page: 10001 (expected: 0 to 10000)");
    refused(() -> new PageRequest(0, 0), "size: 0 (expected: 1 to 50)");
    refused(() -> new PageRequest(0, 51), "size: 51 (expected: 1 to 50)");
  }

  @Test
  void boundsStakes() {
    assertThat(new BetOrder(1, 1, Side.YES, 1).stakeCents()).isEqualTo(1);
    assertThat(new BetOrder(1, 1, Side.NO, 100_000).stakeCents()).isEqualTo(100_000);
    refused(() -> new BetOrder(1, 1, Side.YES, 0), "stakeCents: 0 (expected: 1 to 100000)");
    refused(() -> new BetOrder(1, 1, Side.YES, -1), "stakeCents: -1 (expected: 1 to 100000)");
    refused(
        () -> new BetOrder(1, 1, Side.YES, 100_001), "stakeCents: 100001 (expected: 1 to 100000)");
  }

  @Test
  void searchesByAPrefixWithoutWildcards() {
    assertThat(NamePrefix.of("  User-0 ")).isEqualTo("user-0");
    assertThat(NamePrefix.like("a%b_c\\")).isEqualTo("a\\%b\\_c\\\\%");
    refused(() -> NamePrefix.of("u"), "query: 1 characters (expected: 2 to 40, and no NUL)");
    refused(() -> NamePrefix.of("us\0"), "query: 3 characters (expected: 2 to 40, and no NUL)");
  }

  private static void refused(Runnable call, String message) {
    assertThatThrownBy(call::run).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
  }
}
