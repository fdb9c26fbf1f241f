package io.perfkit.ratelimit.http;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Parses one element of a forwarding header: {@code for=192.0.2.1;proto=https} of RFC 7239, or the
 * bare node of {@code X-Forwarded-For}.
 */
final class ForwardedNode {
  private ForwardedNode() {}

  /** The value of an element's only {@code for} (RFC 7239); null if there is none. */
  static @Nullable String forParameter(String element) {
    String found = null;
    for (String pair : pairs(element)) {
      int equal = pair.indexOf('=');
      if (equal > 0 && pair.substring(0, equal).strip().equalsIgnoreCase("for")) {
        if (found != null) {
          return null;
        }
        found = unquoted(pair.substring(equal + 1).strip());
        if (found == null) {
          return null;
        }
      }
    }
    return found;
  }

  /** The pairs between semicolons outside quoted strings. */
  private static List<String> pairs(String element) {
    List<String> pairs = new ArrayList<>();
    boolean quoted = false;
    int start = 0;
    for (int i = 0; i < element.length(); i++) {
      char c = element.charAt(i);
      if (quoted && c == '\\') {
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == ';' && !quoted) {
        pairs.add(element.substring(start, i));
        start = i + 1;
      }
    }
    pairs.add(element.substring(start));
    return pairs;
  }

  /** A token as it is, a quoted string without its quotes and escapes; null if it is neither. */
  private static @Nullable String unquoted(String value) {
    if (!value.startsWith("\"")) {
      return value.indexOf('"') < 0 ? value : null;
    }
    StringBuilder text = new StringBuilder();
    for (int i = 1; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"') {
        return i == value.length() - 1 ? text.toString() : null;
      }
      if (c == '\\' && ++i == value.length()) {
        return null;
      }
      text.append(value.charAt(i));
    }
    return null;
  }

  /**
   * A node without its port, which is a number or obfuscated: {@code 192.0.2.1:4711}, {@code
   * [2001:db8::1]:_http}.
   */
  static String withoutPort(String node) {
    int colon = node.lastIndexOf(':');
    boolean afterIpv4 = colon > 0 && node.indexOf(':') == colon;
    boolean afterIpv6 = colon > 0 && node.charAt(colon - 1) == ']';
    return (afterIpv4 || afterIpv6) && isPort(node.substring(colon + 1))
        ? node.substring(0, colon)
        : node;
  }

  private static boolean isPort(String text) {
    boolean obfuscated = text.startsWith("_");
    int from = obfuscated ? 1 : 0;
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean digit = c >= '0' && c <= '9';
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!digit && !(obfuscated && (letter || c == '.' || c == '_' || c == '-'))) {
        return false;
      }
    }
    return text.length() > from && (obfuscated || text.length() <= 5);
  }
}
