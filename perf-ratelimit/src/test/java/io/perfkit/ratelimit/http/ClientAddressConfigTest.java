package io.perfkit.ratelimit.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.ReferenceTable;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ClientAddressConfigTest {
  @Test
  void refusesWhatIsNoRange() {
    refused("localhost", "an address or a range such as 10.0.0.0/8 or fd00::/8");
    refused("10.0.0.0/x", "a prefix of 1 to 32, never everybody");
    refused("10.0.0.0/33", "a prefix of 1 to 32, never everybody");
    refused("fd00::/129", "a prefix of 1 to 128, never everybody");
    refused("fe80::1%eth0", "an address or a range such as 10.0.0.0/8 or fd00::/8");
  }

  /** Who trusts everybody believes the client. */
  @Test
  void refusesToTrustEverybody() {
    refused("0.0.0.0/0", "a prefix of 1 to 32, never everybody");
    refused("::/0", "a prefix of 1 to 128, never everybody");
  }

  @Test
  void refusesBitsAfterThePrefix() {
    refused("10.0.0.1/8", "10.0.0.0/8");
    refused("fd00::1/8", "fd00:0:0:0:0:0:0:0/8");
  }

  @Test
  void defaultsAreThoseOfTheTables() {
    assertThat(ReferenceTable.under("ClientAddressConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(ClientAddressConfig.direct()));
    assertThat(ReferenceTable.under("HeadersConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(HeadersConfig.defaults()));
  }

  @Test
  void refusesWhatContradictsItself() {
    assertThatThrownBy(
            () ->
                new ClientAddressConfig(
                    List.of("10.0.0.1"), 1, ForwardedHeader.FORWARDED, List.of(), 56))
        .hasMessage("hops: 1 (expected: 0 beside proxies [10.0.0.1])");
    for (int none : new int[] {0, -1}) {
      assertThatThrownBy(() -> ClientAddressConfig.behindHops(none))
          .hasMessage("hops: " + none + " (expected: 1 to 16; direct() is behind none)");
    }
    assertThatThrownBy(() -> ClientAddressConfig.behind("10.0.0.1:80"))
        .hasMessageContaining("address");
    for (String prefix : List.of("64:ff9b::/95", "10.0.0.0/8", "64:ff9b::/128")) {
      assertThatThrownBy(() -> ClientAddressConfig.builder().nat64(prefix).build())
          .hasMessage(
              "nat64: '"
                  + prefix
                  + "' (expected: an IPv6 prefix of 32, 40, 48, 56, 64 or 96 bits)");
    }
    assertThatThrownBy(() -> ClientAddressConfig.behindHops(17))
        .hasMessage("hops: 17 (expected: 0 to 16)");
    assertThatThrownBy(() -> ClientAddressConfig.builder().ipv6Prefix(31).build())
        .hasMessage("ipv6Prefix: 31 (expected: 32 to 128)");
    assertThatThrownBy(() -> ClientAddressConfig.builder().ipv6Prefix(129).build())
        .hasMessage("ipv6Prefix: 129 (expected: 32 to 128)");
    assertThat(ClientAddressConfig.builder().ipv6Prefix(32).build().ipv6Prefix()).isEqualTo(32);
  }

  @Test
  void aBuilderBeginsWithTheSettings() {
    ClientAddressConfig proxies =
        ClientAddressConfig.builder()
            .proxies("10.0.0.0/8", "::1")
            .header(ForwardedHeader.FORWARDED)
            .nat64("2001:db8::/96")
            .ipv6Prefix(64)
            .build();
    HeadersConfig headers =
        HeadersConfig.builder()
            .xRateLimit(false)
            .reset(HeadersConfig.Reset.DELTA_SECONDS)
            .rateLimit(true)
            .build();

    assertThat(proxies.toBuilder().build()).isEqualTo(proxies);
    assertThat(ClientAddressConfig.behindHops(2).toBuilder().build().hops()).isEqualTo(2);
    assertThat(headers.toBuilder().build()).isEqualTo(headers);
  }

  private static void refused(String proxy, String expected) {
    assertThatThrownBy(() -> ClientAddressConfig.behind(proxy))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("proxies: '" + proxy + "' (expected: " + expected + ")");
  }
}
