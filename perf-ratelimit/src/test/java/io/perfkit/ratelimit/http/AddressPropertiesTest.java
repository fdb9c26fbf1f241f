package io.perfkit.ratelimit.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** What must hold of any address, and of any header however it was forged. */
final class AddressPropertiesTest {
  private static final String PROXY = "10.0.0.7";

  @Property
  void readsWhatTheJdkWrites(@ForAll @Size(16) byte[] bits) throws UnknownHostException {
    InetAddress address = InetAddress.getByAddress(bits);
    assertThat(String.valueOf(IpAddress.parse(address.getHostAddress())))
        .isEqualTo(address.getHostAddress());
  }

  /** The JDK reads more than addresses, so it is asked only about what we have read. */
  @Property
  void readsAsTheJdkReads(@ForAll("almostAddresses") String text) throws UnknownHostException {
    IpAddress read = IpAddress.parse(text);
    if (read != null) {
      assertThat(read.toString()).isEqualTo(InetAddress.getByName(text).getHostAddress());
    }
  }

  @Property
  void theShortFormIsTheSameAddress(
      @ForAll @Size(8) List<@IntRange(max = 0xffff) Integer> groups,
      @ForAll @IntRange(max = 7) int from,
      @ForAll @IntRange(min = 1, max = 8) int length) {
    List<String> texts = new ArrayList<>();
    int to = Math.min(8, from + length);
    for (int i = 0; i < 8; i++) {
      texts.add(i >= from && i < to ? "0" : Integer.toHexString(groups.get(i)));
    }
    String full = String.join(":", texts);
    String shortened =
        String.join(":", texts.subList(0, from)) + "::" + String.join(":", texts.subList(to, 8));
    assertThat(IpAddress.parse(shortened)).isNotNull().isEqualTo(IpAddress.parse(full));
  }

  @Property
  void aMappedAddressIsItsIpv4Address(@ForAll int bits) throws UnknownHostException {
    String dotted =
        InetAddress.getByAddress(
                new byte[] {
                  (byte) (bits >> 24), (byte) (bits >> 16), (byte) (bits >> 8), (byte) bits
                })
            .getHostAddress();
    ClientAddresses direct = ClientAddresses.of(ClientAddressConfig.direct());
    assertThat(direct.client("::ffff:" + dotted, List.of())).isEqualTo(dotted);
    assertThat(direct.client("::ffff:%x:%x".formatted(bits >>> 16, bits & 0xffff), List.of()))
        .isEqualTo(dotted);
  }

  @Property
  void twoAddressesAreOneClientIfTheirPrefixIsOne(
      @ForAll long high,
      @ForAll long otherHigh,
      @ForAll long low,
      @ForAll long otherLow,
      @ForAll @IntRange(min = 32, max = 64) int prefix) {
    ClientAddresses clients =
        ClientAddresses.of(ClientAddressConfig.builder().ipv6Prefix(prefix).build());
    IpAddress one = new IpAddress(high | 1L << 62, low);
    IpAddress other = new IpAddress(otherHigh | 1L << 62, otherLow);
    boolean samePrefix = (one.high() ^ other.high()) >>> (64 - prefix) == 0;

    assertThat(
            clients
                .client(one.toString(), List.of())
                .equals(clients.client(other.toString(), List.of())))
        .isEqualTo(samePrefix);
    assertThat(clients.client(new IpAddress(one.high(), otherLow).toString(), List.of()))
        .isEqualTo(clients.client(one.toString(), List.of()));
  }

  /** Whatever a client sends, what the proxy adds decides. */
  @Property
  void nothingThatAClientWritesChangesWhoItIs(
      @ForAll("forged") String forged, @ForAll ForwardedHeader header, @ForAll boolean ownLine) {
    boolean standard = header == ForwardedHeader.FORWARDED;
    String added = standard ? "for=198.51.100.1" : "198.51.100.1";
    List<String> lines = ownLine ? List.of(forged, added) : List.of(forged + ", " + added);

    for (ClientAddressConfig config :
        List.of(ClientAddressConfig.behind("10.0.0.0/8"), ClientAddressConfig.behindHops(1))) {
      assertThat(ClientAddresses.of(config.toBuilder().header(header).build()).client(PROXY, lines))
          .isEqualTo("198.51.100.1");
    }
  }

  /** A text of any kind from a trusted proxy gives an address or the peer, and no exception. */
  @Property
  void anyHeaderGivesAKey(@ForAll("forged") String forged, @ForAll ForwardedHeader header) {
    ClientAddresses behind =
        ClientAddresses.of(
            ClientAddressConfig.builder().proxies("10.0.0.0/8").header(header).build());
    assertThat(behind.client(PROXY, List.of(forged))).matches("[0-9.]+|[0-9a-f:]+/56");
  }

  /** What a proxy may write by the grammar, read by a regular expression and from the left. */
  @Property
  void readsWhatTheGrammarSays(@ForAll("elements") List<String> elements) {
    ClientAddresses behind =
        ClientAddresses.of(
            ClientAddressConfig.builder().hops(1).header(ForwardedHeader.FORWARDED).build());
    String header = String.join(", ", elements);
    assertThat(behind.client(PROXY, List.of(header))).as(header).isEqualTo(byGrammar(header));
  }

  private static final Pattern ELEMENT = Pattern.compile("(?:[^\",]|\"(?:[^\"\\\\]|\\\\.)*\")*");
  private static final Pattern PAIR =
      Pattern.compile("([a-zA-Z]+)=(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^\";]*))(?:;|$)");

  private static String byGrammar(String header) {
    String last = "";
    Matcher elements = ELEMENT.matcher(header);
    while (elements.find()) {
      last = elements.group().isBlank() ? last : elements.group().strip();
    }
    List<String> nodes = new ArrayList<>();
    Matcher pairs = PAIR.matcher(last);
    while (pairs.find()) {
      if (pairs.group(1).equalsIgnoreCase("for")) {
        nodes.add(
            pairs.group(3) != null ? pairs.group(3) : pairs.group(2).replaceAll("\\\\(.)", "$1"));
      }
    }
    String node = nodes.size() == 1 ? nodes.get(0).replaceFirst(":(_[a-z]+|[0-9]{1,5})$", "") : "";
    return node.matches("198\\.51\\.100\\.[0-9]") ? node : PROXY;
  }

  @Provide
  Arbitrary<List<String>> elements() {
    Arbitrary<String> value =
        Arbitraries.of(
            "198.51.100.1",
            "\"198.51.100.2\"",
            "\"198.51.100.3:80\"",
            "\"198.51.100.4:_ab\"",
            "\"198.51.100.\\5\"",
            "unknown",
            "_x",
            "\"a\\\",for=198.51.100.6\"",
            "\"a\\\\\"",
            "\"b;for=198.51.100.7\"",
            "\"c\\\";for=198.51.100.8;d=\\\"\"",
            "\"\"");
    Arbitrary<String> pair =
        Combinators.combine(Arbitraries.of("for", "For", "host", "by", "proto"), value)
            .as((name, text) -> name + "=" + text);
    return pair.list()
        .ofMinSize(1)
        .ofMaxSize(3)
        .map(pairs -> String.join(";", pairs))
        .list()
        .ofMinSize(1)
        .ofMaxSize(4);
  }

  @Provide
  Arbitrary<String> almostAddresses() {
    return Arbitraries.strings().withChars("0123456789abcF:.").ofMinLength(1).ofMaxLength(24);
  }

  @Provide
  Arbitrary<String> forged() {
    return Arbitraries.oneOf(
        Arbitraries.strings().withChars("0123456789.:,;=\"\\ []%forFOR_-").ofMaxLength(60),
        Arbitraries.strings().ofMaxLength(40));
  }
}
