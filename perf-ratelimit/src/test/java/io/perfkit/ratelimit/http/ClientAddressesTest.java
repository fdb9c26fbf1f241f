package io.perfkit.ratelimit.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class ClientAddressesTest {
  private static final String PROXY = "10.0.0.7";

  private final ClientAddresses direct = ClientAddresses.of(ClientAddressConfig.direct());
  private final ClientAddresses behind =
      ClientAddresses.of(ClientAddressConfig.behind("10.0.0.0/8", "fd00::/8"));

  @Test
  void withoutProxiesNoHeaderCounts() {
    assertThat(direct.client("203.0.113.9", List.of("198.51.100.1"))).isEqualTo("203.0.113.9");
    assertThat(direct.client(PROXY, List.of("198.51.100.1"))).isEqualTo(PROXY);
  }

  @Test
  void aPeerThatIsNoProxyIsTheClientWhateverItForwards() {
    assertThat(behind.client("203.0.113.9", List.of("198.51.100.1"))).isEqualTo("203.0.113.9");
  }

  @Test
  void theFirstHopFromTheRightThatIsNoProxyIsTheClient() {
    assertThat(behind.client(PROXY, List.of("198.51.100.1"))).isEqualTo("198.51.100.1");
    assertThat(behind.client(PROXY, List.of("1.2.3.4, 198.51.100.1, 10.9.9.9")))
        .isEqualTo("198.51.100.1");
    assertThat(behind.client(PROXY, List.of("1.2.3.4", "198.51.100.1", "10.9.9.9,fd12::1")))
        .isEqualTo("198.51.100.1");
  }

  @Test
  void aClientCannotBecomeAnotherByWhatItWritesItself() {
    for (String forged :
        List.of("8.8.8.8", "127.0.0.1", "10.0.0.1", "\"", ",,,", "unknown", "::ffff:8.8.8.8")) {
      assertThat(behind.client(PROXY, List.of(forged + ", 198.51.100.1")))
          .as(forged)
          .isEqualTo("198.51.100.1");
      assertThat(behind.client(PROXY, List.of(forged, "198.51.100.1")))
          .as(forged)
          .isEqualTo("198.51.100.1");
    }
  }

  @Test
  void aHopThatIsNoAddressMakesThePeerTheClient() {
    for (String garbage :
        List.of(
            "unknown",
            "_hidden",
            "localhost",
            "example.org",
            "fe80::1%eth0",
            "1.2.3",
            "1.2.3.4.5",
            "256.1.1.1",
            "010.1.1.1",
            "1.2.3.4/8",
            "0x7f.1",
            "2130706433",
            ":::",
            "1:2:3:4:5:6:7:8:9",
            "12345::",
            "1::2::3",
            "[1.2.3.4]",
            "\u0661.2.3.4",
            "1.2.3.4:port")) {
      assertThat(behind.client(PROXY, List.of("9.9.9.9, " + garbage))).as(garbage).isEqualTo(PROXY);
    }
  }

  @Test
  void aChainOfProxiesOnlyBelongsToTheFirst() {
    assertThat(behind.client(PROXY, List.of("10.1.1.1, 10.2.2.2"))).isEqualTo("10.1.1.1");
    assertThat(behind.client(PROXY, List.of())).isEqualTo(PROXY);
    assertThat(behind.client(PROXY, List.of("", " "))).isEqualTo(PROXY);
  }

  @Test
  void hopsAreCountedFromTheRight() {
    ClientAddresses two = ClientAddresses.of(ClientAddressConfig.behindHops(2));

    assertThat(two.client("7.7.7.7", List.of("1.1.1.1, 2.2.2.2, 3.3.3.3"))).isEqualTo("2.2.2.2");
    assertThat(two.client("7.7.7.7", List.of("1.1.1.1", "2.2.2.2", "3.3.3.3")))
        .isEqualTo("2.2.2.2");
    assertThat(two.client("7.7.7.7", List.of("3.3.3.3"))).isEqualTo("7.7.7.7");
    assertThat(two.client("7.7.7.7", List.of("2.2.2.2, nobody"))).isEqualTo("2.2.2.2");
    assertThat(two.client("7.7.7.7", List.of("nobody, 3.3.3.3"))).isEqualTo("7.7.7.7");
    assertThat(two.client("unix:", List.of("2.2.2.2, 3.3.3.3"))).isEqualTo("2.2.2.2");
  }

  @Test
  void aPortIsNoPartOfTheClient() {
    assertThat(behind.client(PROXY, List.of("198.51.100.1:4711"))).isEqualTo("198.51.100.1");
    assertThat(behind.client(PROXY, List.of("[2001:db8::1]:4711")))
        .isEqualTo("2001:db8:0:0:0:0:0:0/56");
    assertThat(behind.client("[2001:db8::1]", List.of())).isEqualTo("2001:db8:0:0:0:0:0:0/56");
  }

  /** A mask over the mapped form once made one client of all IPv4 addresses: CVE-2026-30827. */
  @Test
  void mappedIpv4ClientsAreTheirIpv4AddressAndDiffer() {
    assertThat(direct.client("::ffff:192.0.2.1", List.of())).isEqualTo("192.0.2.1");
    assertThat(direct.client("::ffff:192.0.2.2", List.of())).isEqualTo("192.0.2.2");
    assertThat(direct.client("::FFFF:c000:0201", List.of())).isEqualTo("192.0.2.1");
    assertThat(direct.client("0:0:0:0:0:ffff:192.0.2.1", List.of())).isEqualTo("192.0.2.1");
    assertThat(behind.client("::ffff:10.0.0.7", List.of("::ffff:198.51.100.1")))
        .isEqualTo("198.51.100.1");
  }

  @Test
  void oneIpv6NetworkIsOneClient() {
    String client = direct.client("2001:db8:0:1ff::1", List.of());

    assertThat(client).isEqualTo("2001:db8:0:100:0:0:0:0/56");
    assertThat(direct.client("2001:db8:0:100:ffff::", List.of())).isEqualTo(client);
    assertThat(direct.client("2001:db8:0:200::1", List.of())).isNotEqualTo(client);
  }

  @Test
  void theIpv6PrefixIsConfigurable() {
    ClientAddresses single =
        ClientAddresses.of(ClientAddressConfig.builder().ipv6Prefix(128).build());
    ClientAddresses wide = ClientAddresses.of(ClientAddressConfig.builder().ipv6Prefix(48).build());

    assertThat(single.client("2001:db8::1", List.of())).isEqualTo("2001:db8:0:0:0:0:0:1");
    assertThat(wide.client("2001:db8:0:ffff::1", List.of())).isEqualTo("2001:db8:0:0:0:0:0:0/48");
    assertThat(wide.client("::ffff:192.0.2.1", List.of())).isEqualTo("192.0.2.1");
  }

  @Test
  void aPeerWithoutAnAddressIsOneClient() {
    assertThat(direct.client("", List.of())).isEqualTo("unknown");
    assertThat(behind.client("unix:/run/app.sock", List.of("1.2.3.4"))).isEqualTo("unknown");
  }

  @Test
  void theZoneOfALinkLocalPeerIsNotPartOfIt() {
    assertThat(direct.client("fe80::1%eth0", List.of()))
        .isEqualTo(direct.client("fe80::1", List.of()));
    assertThat(direct.client("[fe80::1%2]", List.of()))
        .isEqualTo(direct.client("fe80::1", List.of()));
  }

  @Test
  void readsTheStandardHeaderInItsPlace() {
    ClientAddresses standard =
        ClientAddresses.of(
            ClientAddressConfig.builder()
                .proxies("10.0.0.0/8")
                .header(ForwardedHeader.FORWARDED)
                .build());

    assertThat(standard.header()).isEqualTo("Forwarded");
    assertThat(standard.client(PROXY, List.of("for=198.51.100.1"))).isEqualTo("198.51.100.1");
    assertThat(
            standard.client(
                PROXY, List.of("for=1.1.1.1;proto=http, By=10.0.0.1; For=\"198.51.100.1:80\"")))
        .isEqualTo("198.51.100.1");
    assertThat(standard.client(PROXY, List.of("for=\"[2001:db8::17]:47011\";host=\"a,b\"")))
        .isEqualTo("2001:db8:0:0:0:0:0:0/56");
    assertThat(standard.client(PROXY, List.of("for=\"_gazonk\""))).isEqualTo(PROXY);
    assertThat(standard.client(PROXY, List.of("proto=https"))).isEqualTo(PROXY);
    assertThat(standard.client(PROXY, List.of("for=1.1.1.1;for=2.2.2.2"))).isEqualTo(PROXY);
  }

  @Test
  void aQuoteThatTheClientLeavesOpenSwallowsNothing() {
    ClientAddresses standard =
        ClientAddresses.of(
            ClientAddressConfig.builder()
                .proxies("10.0.0.0/8")
                .header(ForwardedHeader.FORWARDED)
                .build());

    assertThat(standard.client(PROXY, List.of("for=\"1.1.1.1, for=198.51.100.1")))
        .isEqualTo("198.51.100.1");
    assertThat(standard.client(PROXY, List.of("for=1.1.1.1;x=\"\\\", for=\"198.51.100.1\"")))
        .isEqualTo("198.51.100.1");
  }

  private static String standard(String forwarded) {
    return ClientAddresses.of(
            ClientAddressConfig.builder()
                .proxies("10.0.0.0/8")
                .header(ForwardedHeader.FORWARDED)
                .build())
        .client(PROXY, List.of(forwarded));
  }

  @Test
  void readsTheStandardInFull() { // RFC 7239, 4 and 6; RFC 9110, 5.6
    assertThat(standard("for=\"192.0.2.43:_gazonk\"")).isEqualTo("192.0.2.43");
    assertThat(standard("for=\"[2001:db8:cafe::17]:_x1\"")).isEqualTo("2001:db8:cafe:0:0:0:0:0/56");
    assertThat(standard("for=\"192.0.2.4\\3\"")).isEqualTo("192.0.2.43");
    assertThat(standard("ext=\"a;for=9.9.9.9\";for=192.0.2.43")).isEqualTo("192.0.2.43");
    assertThat(standard("for=192.0.2.43,")).isEqualTo("192.0.2.43");
    assertThat(standard("for=192.0.2.43, ,for=10.1.1.1,,")).isEqualTo("192.0.2.43");
    assertThat(standard("for=192.0.2.43;;proto=http")).isEqualTo("192.0.2.43");
    assertThat(standard("for=_hidden, for=_SEVKISEK")).isEqualTo(PROXY);
    assertThat(standard("for=\"192.0.2.43:_\"")).isEqualTo(PROXY);
  }

  /** The host is what the client sent, and a quoted pair is no end of its quotes. */
  @Test
  void aHostNameWithQuotesChoosesNoAddress() {
    assertThat(standard("for=198.51.100.1;host=\"a\\\",for=9.9.9.9,\\\"b\""))
        .isEqualTo("198.51.100.1");
    assertThat(standard("for=198.51.100.1;host=\"a\\\";for=9.9.9.9;x=\\\"b\""))
        .isEqualTo("198.51.100.1");
  }

  @Test
  void emptyElementsAreNoHops() {
    assertThat(behind.client(PROXY, List.of("203.0.113.7,"))).isEqualTo("203.0.113.7");
    assertThat(behind.client(PROXY, List.of("203.0.113.7,,10.0.0.2"))).isEqualTo("203.0.113.7");
    assertThat(
            ClientAddresses.of(ClientAddressConfig.behindHops(2))
                .client(PROXY, List.of("1.1.1.1,, ,2.2.2.2,")))
        .isEqualTo("1.1.1.1");
  }

  @Test
  void aClientBehindNat64IsItsIpv4Address() {
    assertThat(direct.client("64:ff9b::808:808", List.of())).isEqualTo("8.8.8.8");
    assertThat(behind.client(PROXY, List.of("64:ff9b::9.9.9.9"))).isEqualTo("9.9.9.9");
    assertThat(direct.client("64:ff9b:1::808:808", List.of())).isEqualTo("64:ff9b:1:0:0:0:0:0/56");
  }

  /** The table of RFC 6052, 2.4. */
  @Test
  void theAddressStandsWhereThePrefixSays() {
    String[][] rows = {
      {"2001:db8::/32", "2001:db8:c000:221::"},
      {"2001:db8:100::/40", "2001:db8:1c0:2:21::"},
      {"2001:db8:122::/48", "2001:db8:122:c000:2:2100::"},
      {"2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"},
      {"2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::"},
      {"2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33"},
    };
    for (String[] row : rows) {
      ClientAddresses own = ClientAddresses.of(ClientAddressConfig.builder().nat64(row[0]).build());
      assertThat(own.client(row[1], List.of())).as(row[0]).isEqualTo("192.0.2.33");
    }
  }

  @Test
  void aPeerMayBeGivenWithItsPort() {
    assertThat(direct.client("192.0.2.1:4711", List.of())).isEqualTo("192.0.2.1");
    assertThat(direct.client("[2001:db8::1]:4711", List.of())).isEqualTo("2001:db8:0:0:0:0:0:0/56");
    assertThat(behind.client("10.0.0.7:4711", List.of("192.0.2.1"))).isEqualTo("192.0.2.1");
    assertThat(direct.client("client.example.org", List.of())).isEqualTo("unknown");
  }

  @Test
  void formsOfAddressesThatOthersReadOtherwise() {
    String peer = "10.0.0.1";
    String[][] rows = {
      {"203.0.113.07", peer}, // octal for some
      {"127.1", peer},
      {"0x7f.0.0.1", peer},
      {"\uFF12\uFF10\uFF13.0.113.7", peer}, // digits of full width
      {"fe80::1%25eth0", peer},
      {"198.51.100.1\u0000, 10.2.2.2", peer},
      {"203.0.113.7\t,\t10.2.2.2", "203.0.113.7"},
      {"::ffff:cb00:7107, ::ffff:10.1.1.1", "203.0.113.7"},
      {"10.0.0.5, 10.0.0.6", "10.0.0.5"},
    };
    ClientAddresses clients = ClientAddresses.of(ClientAddressConfig.behind("10.0.0.0/8"));
    for (String[] row : rows) {
      assertThat(clients.client(peer, List.of(row[0]))).as(row[0]).isEqualTo(row[1]);
    }
    String[][] standard = {
      {"for=203.0.113.7;for=198.51.100.1", peer}, // which of both?
      {"for=\"\\2\\0\\3.0.113.7\"", "203.0.113.7"},
      {"for=203.0.113.7;ext=\"a;for=198.51.100.1\"", "203.0.113.7"},
      {"for=unknown, for=203.0.113.7", "203.0.113.7"},
      {"for=203.0.113.7, for=unknown", peer},
      {"for=\"[64:ff9b::cb00:7107]:_x\"", "203.0.113.7"},
      {"for=_gazonk;host=\"\\\",for=198.51.100.1\"", peer},
    };
    ClientAddresses named =
        ClientAddresses.of(
            ClientAddressConfig.builder()
                .proxies("10.0.0.0/8")
                .header(ForwardedHeader.FORWARDED)
                .build());
    for (String[] row : standard) {
      assertThat(named.client(peer, List.of(row[0]))).as(row[0]).isEqualTo(row[1]);
    }
  }
}
