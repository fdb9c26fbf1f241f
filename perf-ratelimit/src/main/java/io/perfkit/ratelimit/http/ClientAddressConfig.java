package io.perfkit.ratelimit.http;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * Which proxies stand between the clients and this host, told by their addresses or by their
 * number. Immutable.
 *
 * @param proxies ranges of the proxies' addresses, such as {@code 10.0.0.0/8}; default none
 * @param hops how many proxies each request passes, if they are told by number; default 0. Sound
 *     only if nobody can reach this host, or one of the proxies, past the ones before it
 * @param header in which the proxies say for whom they forward; default {@code X_FORWARDED_FOR}
 * @param ipv6Prefix how many bits of an IPv6 address make one client, since one subscriber has a
 *     whole network of them; 32 to 128, default 56
 */
public record ClientAddressConfig(
    List<String> proxies, int hops, ForwardedHeader header, int ipv6Prefix) {

  private static final int HOPS_MAX = 16;

  public ClientAddressConfig {
    proxies = List.copyOf(proxies);
    proxies.forEach(proxy -> Cidr.parse("proxies", proxy));
    if (hops < 0 || hops > HOPS_MAX) {
      throw new IllegalArgumentException("hops: " + hops + " (expected: 0 to " + HOPS_MAX + ")");
    }
    if (hops > 0 && !proxies.isEmpty()) {
      throw new IllegalArgumentException(
          "hops: " + hops + " (expected: 0 beside proxies " + proxies + ")");
    }
    requireNonNull(header, "header");
    if (ipv6Prefix < 32 || ipv6Prefix > 128) {
      throw new IllegalArgumentException("ipv6Prefix: " + ipv6Prefix + " (expected: 32 to 128)");
    }
  }

  /** No proxies: the client is who connects, whatever the headers say. */
  public static ClientAddressConfig direct() {
    return new ClientAddressConfig(List.of(), 0, ForwardedHeader.X_FORWARDED_FOR, 56);
  }

  /** Behind the proxies with these addresses, in any number. */
  public static ClientAddressConfig behind(String... proxies) {
    return new ClientAddressConfig(List.of(proxies), 0, ForwardedHeader.X_FORWARDED_FOR, 56);
  }

  /** Behind that many proxies, whatever their addresses; see {@link #hops()}. */
  public static ClientAddressConfig behindHops(int hops) {
    return new ClientAddressConfig(List.of(), hops, ForwardedHeader.X_FORWARDED_FOR, 56);
  }

  /** The same proxies with another header. */
  public ClientAddressConfig withHeader(ForwardedHeader other) {
    return new ClientAddressConfig(proxies, hops, other, ipv6Prefix);
  }

  /** The same proxies with wider or narrower IPv6 clients. */
  public ClientAddressConfig withIpv6Prefix(int bits) {
    return new ClientAddressConfig(proxies, hops, header, bits);
  }
}
