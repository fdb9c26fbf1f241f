package io.perfkit.ratelimit.http;

import org.jspecify.annotations.Nullable;

/**
 * A CIDR range of addresses of one family, such as {@code 10.0.0.0/8}; a single address is a range
 * too. Immutable.
 */
record Cidr(IpAddress network, int prefix) {

  /**
   * @param what names the setting in messages
   * @throws IllegalArgumentException if the text is no range, has bits after its prefix, or
   *     contains every address
   */
  static Cidr parse(String what, String text) {
    int slash = text.indexOf('/');
    IpAddress address = IpAddress.parse(slash < 0 ? text : text.substring(0, slash));
    if (address == null) {
      throw refused(what, text, "an address or a range such as 10.0.0.0/8 or fd00::/8");
    }
    int prefix = slash < 0 ? address.length() : prefix(text.substring(slash + 1));
    if (prefix < 1 || prefix > address.length()) {
      throw refused(what, text, "a prefix of 1 to " + address.length() + ", never everybody");
    }
    IpAddress network = address.network(prefix);
    if (!network.equals(address)) {
      throw refused(what, text, network + "/" + prefix);
    }
    return new Cidr(network, prefix);
  }

  boolean contains(@Nullable IpAddress address) {
    return address != null
        && address.ipv4() == network.ipv4()
        && address.network(prefix).equals(network);
  }

  private static int prefix(String text) {
    return text.matches("[0-9]{1,3}") ? Integer.parseInt(text) : -1;
  }

  private static IllegalArgumentException refused(String what, String text, String expected) {
    return new IllegalArgumentException(what + ": '" + text + "' (expected: " + expected + ")");
  }
}
