package io.perfkit.ratelimit.http;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The hops of a forwarding header from the last to the first: who wrote the right end is known, who
 * wrote the left end is not. Elements are told apart from the right too, so that a quote that a
 * client leaves open can't swallow what a proxy added after it. One thread at a time.
 */
final class ForwardedChain {
  private final ForwardedHeader header;
  private final List<String> lines;
  private int line;
  private int end;

  ForwardedChain(ForwardedHeader header, List<String> lines) {
    this.header = header;
    this.lines = lines;
    this.line = lines.size();
    this.end = -1;
  }

  /** Whether an element is left; a header without any text has none. */
  boolean hasNext() {
    while (end < 0 && line > 0) {
      line--;
      end = lines.get(line).isBlank() ? -1 : lines.get(line).length();
    }
    return end >= 0;
  }

  /** The address of the next element to the left, or null if it is not one. */
  @Nullable IpAddress next() {
    String text = lines.get(line);
    int comma = commaBefore(text, end);
    String element = text.substring(comma + 1, end).strip();
    end = comma;
    String node = header == ForwardedHeader.FORWARDED ? forParameter(element) : element;
    return node == null ? null : IpAddress.parse(withoutPort(node));
  }

  private int commaBefore(String text, int limit) {
    boolean quoted = false;
    for (int i = limit - 1; i >= 0; i--) {
      char c = text.charAt(i);
      if (c == '"' && header == ForwardedHeader.FORWARDED) {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        return i;
      }
    }
    return -1;
  }

  /** The value of the only {@code for} of an element; it needs no escapes to be an address. */
  private static @Nullable String forParameter(String element) {
    String found = null;
    for (String pair : element.split(";", -1)) {
      int equal = pair.indexOf('=');
      if (equal > 0 && pair.substring(0, equal).strip().equalsIgnoreCase("for")) {
        if (found != null) {
          return null;
        }
        found = unquoted(pair.substring(equal + 1).strip());
      }
    }
    return found;
  }

  private static String unquoted(String value) {
    boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
    return quoted ? value.substring(1, value.length() - 1) : value;
  }

  /** Some proxies add the client's port: {@code 192.0.2.1:4711} or {@code [2001:db8::1]:4711}. */
  private static String withoutPort(String node) {
    int colon = node.lastIndexOf(':');
    boolean afterIpv4 = colon > 0 && node.indexOf(':') == colon;
    boolean afterIpv6 = colon > 0 && node.charAt(colon - 1) == ']';
    boolean port = (afterIpv4 || afterIpv6) && node.substring(colon + 1).matches("[0-9]{1,5}");
    return port ? node.substring(0, colon) : node;
  }
}
