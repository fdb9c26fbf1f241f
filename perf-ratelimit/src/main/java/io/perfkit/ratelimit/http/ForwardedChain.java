package io.perfkit.ratelimit.http;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The hops of a forwarding header from the last to the first: a known proxy wrote the right end, an
 * unknown client perhaps the left end. Elements are also parsed from the right, so that a quote
 * that a client leaves open can't swallow elements that a proxy added after it. One thread at a
 * time.
 */
final class ForwardedChain {
  private final ForwardedHeader header;
  private final List<String> lines;
  private int line;
  private int end;
  private @Nullable String element;

  ForwardedChain(ForwardedHeader header, List<String> lines) {
    this.header = header;
    this.lines = lines;
    this.line = lines.size();
    this.end = -1;
  }

  /** Whether an element is left; empty elements do not count (RFC 9110, 5.6.1). */
  boolean hasNext() {
    while (element == null && (end >= 0 || line > 0)) {
      if (end < 0) {
        line--;
        end = lines.get(line).length();
      }
      String text = lines.get(line);
      int comma = commaBefore(text, end);
      String next = text.substring(comma + 1, end).strip();
      end = comma;
      element = next.isEmpty() ? null : next;
    }
    return element != null;
  }

  /** The address of the next element to the left, or null if it is not one. */
  @Nullable IpAddress next() {
    if (!hasNext()) {
      throw new NoSuchElementException("no hop is left");
    }
    String next = requireNonNull(element);
    element = null;
    String node = header == ForwardedHeader.FORWARDED ? ForwardedNode.forParameter(next) : next;
    return node == null ? null : IpAddress.parse(ForwardedNode.withoutPort(node));
  }

  /**
   * The last comma before {@code limit} outside quoted strings. Read from the right, a quote closes
   * a string, and the next one without a backslash before it opened it.
   */
  private int commaBefore(String text, int limit) {
    boolean quoted = false;
    for (int i = limit - 1; i >= 0; i--) {
      char c = text.charAt(i);
      if (c == '"' && header == ForwardedHeader.FORWARDED) {
        quoted = !quoted || isEscaped(text, i);
      } else if (c == ',' && !quoted) {
        return i;
      }
    }
    return -1;
  }

  private static boolean isEscaped(String text, int at) {
    int backslashes = 0;
    while (backslashes < at && text.charAt(at - 1 - backslashes) == '\\') {
      backslashes++;
    }
    return backslashes % 2 == 1;
  }
}
