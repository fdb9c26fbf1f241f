package io.perfkit.ratelimit.http;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.CheckReturnValue;
import java.util.List;

/**
 * The trusted proxies between the clients and this host, given by their addresses or by their
 * number. Immutable.
 *
 * @param proxies ranges of the proxies' addresses, such as {@code 10.0.0.0/8}; default none
 * @param hops how many proxies each request passes, if they are given by number; default 0. Sound
 *     only if no client can reach this host, or one of the proxies, without passing the proxies
 *     before it
 * @param header in which the proxies name the client; default {@code X_FORWARDED_FOR}
 * @param nat64 prefixes of translators of RFC 6052: the client of an IPv6 address in one of them is
 *     the IPv4 address that it embeds; 32, 40, 48, 56, 64 or 96 bits; default the well-known {@code
 *     64:ff9b::/96}
 * @param ipv6Prefix how many bits of an IPv6 address make one client, since one subscriber has a
 *     whole network of them; 32 to 128, default 56
 */
@CheckReturnValue
public record ClientAddressConfig(
    List<String> proxies, int hops, ForwardedHeader header, List<String> nat64, int ipv6Prefix) {

  private static final int MAX_HOPS = 16;
  private static final List<String> WELL_KNOWN = List.of("64:ff9b::/96");

  public ClientAddressConfig {
    proxies = List.copyOf(proxies);
    proxies.forEach(proxy -> Cidr.parse("proxies", proxy));
    if (hops < 0 || hops > MAX_HOPS) {
      throw new IllegalArgumentException("hops: " + hops + " (expected: 0 to " + MAX_HOPS + ")");
    }
    if (hops > 0 && !proxies.isEmpty()) {
      throw new IllegalArgumentException(
          "hops: " + hops + " (expected: 0 beside proxies " + proxies + ")");
    }
    requireNonNull(header, "header");
    nat64 = List.copyOf(nat64);
    nat64.forEach(Nat64::parse);
    if (ipv6Prefix < 32 || ipv6Prefix > 128) {
      throw new IllegalArgumentException("ipv6Prefix: " + ipv6Prefix + " (expected: 32 to 128)");
    }
  }

  /** No proxies: the client is the peer of the connection, whatever the headers say. */
  public static ClientAddressConfig direct() {
    return new ClientAddressConfig(List.of(), 0, ForwardedHeader.X_FORWARDED_FOR, WELL_KNOWN, 56);
  }

  /** Behind any number of proxies with these addresses. */
  public static ClientAddressConfig behind(String... proxies) {
    return new ClientAddressConfig(
        List.of(proxies), 0, ForwardedHeader.X_FORWARDED_FOR, WELL_KNOWN, 56);
  }

  /** Behind that many proxies, whatever their addresses; see {@link #hops()}. */
  public static ClientAddressConfig behindHops(int hops) {
    if (hops < 1) {
      throw new IllegalArgumentException(
          "hops: " + hops + " (expected: 1 to " + MAX_HOPS + "; direct() is behind none)");
    }
    return new ClientAddressConfig(
        List.of(), hops, ForwardedHeader.X_FORWARDED_FOR, WELL_KNOWN, 56);
  }

  /** The same proxies with another header. */
  public ClientAddressConfig withHeader(ForwardedHeader other) {
    return new ClientAddressConfig(proxies, hops, other, nat64, ipv6Prefix);
  }

  /** The same proxies with other translators; see {@link #nat64()}. */
  public ClientAddressConfig withNat64(String... prefixes) {
    return new ClientAddressConfig(proxies, hops, header, List.of(prefixes), ipv6Prefix);
  }

  /** The same proxies with another prefix length of IPv6 clients. */
  public ClientAddressConfig withIpv6Prefix(int bits) {
    return new ClientAddressConfig(proxies, hops, header, nat64, bits);
  }
}
