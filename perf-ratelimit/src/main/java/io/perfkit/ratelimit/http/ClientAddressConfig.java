package io.perfkit.ratelimit.http;

import static java.util.Objects.requireNonNull;

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
public record ClientAddressConfig(
    List<String> proxies, int hops, ForwardedHeader header, List<String> nat64, int ipv6Prefix) {

  private static final int MAX_HOPS = 16;

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
    return builder().build();
  }

  /** Behind any number of proxies with these addresses. */
  public static ClientAddressConfig behind(String... proxies) {
    return builder().proxies(proxies).build();
  }

  /** Behind that many proxies, whatever their addresses; see {@link #hops()}. */
  public static ClientAddressConfig behindHops(int hops) {
    if (hops < 1) {
      throw new IllegalArgumentException(
          "hops: " + hops + " (expected: 1 to " + MAX_HOPS + "; direct() is behind none)");
    }
    return builder().hops(hops).build();
  }

  /** A builder that begins with the defaults, which are those of {@link #direct()}. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that begins with these settings. */
  public Builder toBuilder() {
    return builder()
        .proxies(proxies.toArray(new String[0]))
        .hops(hops)
        .header(header)
        .nat64(nat64.toArray(new String[0]))
        .ipv6Prefix(ipv6Prefix);
  }

  /** Collects settings; {@link #build()} checks them. One thread at a time. */
  public static final class Builder {
    private List<String> proxies = List.of();
    private int hops;
    private ForwardedHeader header = ForwardedHeader.X_FORWARDED_FOR;
    private List<String> nat64 = List.of("64:ff9b::/96");
    private int ipv6Prefix = 56;

    private Builder() {}

    /** See {@link ClientAddressConfig#proxies()}. */
    public Builder proxies(String... ranges) {
      proxies = List.of(ranges);
      return this;
    }

    /** See {@link ClientAddressConfig#hops()}. */
    public Builder hops(int number) {
      hops = number;
      return this;
    }

    /** See {@link ClientAddressConfig#header()}. */
    public Builder header(ForwardedHeader named) {
      header = named;
      return this;
    }

    /** See {@link ClientAddressConfig#nat64()}. */
    public Builder nat64(String... prefixes) {
      nat64 = List.of(prefixes);
      return this;
    }

    /** See {@link ClientAddressConfig#ipv6Prefix()}. */
    public Builder ipv6Prefix(int bits) {
      ipv6Prefix = bits;
      return this;
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException if a range or prefix is none, trusts everybody or has bits
     *     after its length, {@code hops} is not 0 to 16 or stands beside proxies, or {@code
     *     ipv6Prefix} is not 32 to 128
     */
    public ClientAddressConfig build() {
      return new ClientAddressConfig(proxies, hops, header, nat64, ipv6Prefix);
    }
  }
}
