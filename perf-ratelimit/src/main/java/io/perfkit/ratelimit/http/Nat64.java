package io.perfkit.ratelimit.http;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * IPv6 addresses that stand for IPv4 addresses behind a translator (NAT64, SIIT). Immutable.
 *
 * <p>Source: RFC 6052, 2.2: the IPv4 address follows the prefix, without the bits 64 to 71.
 */
record Nat64(Cidr prefix) {
  private static final Set<Integer> LENGTHS = Set.of(32, 40, 48, 56, 64, 96);
  private static final int SKIPPED_FROM = 64;
  private static final int SKIPPED = 8;

  /**
   * @throws IllegalArgumentException if the text is no range of an allowed length
   */
  static Nat64 parse(String text) {
    Cidr range = Cidr.parse("nat64", text);
    if (range.network().ipv4() || !LENGTHS.contains(range.prefix())) {
      throw new IllegalArgumentException(
          "nat64: '" + text + "' (expected: an IPv6 prefix of 32, 40, 48, 56, 64 or 96 bits)");
    }
    return new Nat64(range);
  }

  /** The IPv4 address that an address of the prefix embeds; else null. */
  @Nullable IpAddress translate(IpAddress address) {
    if (!prefix.contains(address)) {
      return null;
    }
    int bits = 0;
    for (int i = 0, at = prefix.prefix(); i < Integer.SIZE; i++, at++) {
      if (at == SKIPPED_FROM) {
        at += SKIPPED;
      }
      long word = at < Long.SIZE ? address.high() : address.low();
      bits = bits << 1 | (int) (word >>> (Long.SIZE - 1 - at % Long.SIZE) & 1);
    }
    return IpAddress.ipv4(bits);
  }
}
