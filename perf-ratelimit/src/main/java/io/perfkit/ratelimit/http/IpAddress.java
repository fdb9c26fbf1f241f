package io.perfkit.ratelimit.http;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * An address as its 128 bits. An IPv4 address has the bits of its IPv4-mapped form, so both forms
 * are equal. Immutable.
 *
 * @param high the first 64 bits
 * @param low the last 64 bits
 */
record IpAddress(long high, long low) {
  private static final long MAPPED = 0xffffL;
  private static final int GROUPS = 8;
  private static final int BITS = 128;
  private static final int IPV4_OFFSET = 96;

  /**
   * Reads a literal, in square brackets or not; null for anything else. Never asks a name server.
   * Rejects zone ids, which have a meaning on one host only, and IPv4 numbers with leading zeros,
   * which some programs read as octal.
   */
  static @Nullable IpAddress parse(String text) {
    boolean bracketed = text.length() > 2 && text.startsWith("[") && text.endsWith("]");
    String literal = bracketed ? text.substring(1, text.length() - 1) : text;
    return literal.indexOf(':') >= 0 ? parseIpv6(literal) : bracketed ? null : parseIpv4(literal);
  }

  static IpAddress ipv4(int bits) {
    return new IpAddress(0, MAPPED << 32 | Integer.toUnsignedLong(bits));
  }

  boolean ipv4() {
    return high == 0 && low >>> 32 == MAPPED;
  }

  /** The longest prefix: 32 bits for an IPv4 address, else 128. */
  int length() {
    return ipv4() ? BITS - IPV4_OFFSET : BITS;
  }

  /** The address with all bits after the first {@code prefix} of its own length as zeros. */
  IpAddress network(int prefix) {
    int kept = prefix + BITS - length();
    return new IpAddress(high & mask(kept), low & mask(kept - Long.SIZE));
  }

  /** The address as the JDK writes it: dotted, or eight groups without leading zeros. */
  @Override
  public String toString() {
    try {
      byte[] bytes = ByteBuffer.allocate(16).putLong(high).putLong(low).array();
      return InetAddress.getByAddress(bytes).getHostAddress();
    } catch (UnknownHostException e) {
      throw new IllegalStateException("16 bytes are an address", e);
    }
  }

  private static long mask(int bits) {
    return bits <= 0 ? 0 : bits >= Long.SIZE ? -1L : -1L << (Long.SIZE - bits);
  }

  private static @Nullable IpAddress parseIpv4(String text) {
    String[] parts = text.split("\\.", -1);
    if (parts.length != 4) {
      return null;
    }
    long bits = MAPPED;
    for (String part : parts) {
      int number = number(part, 3, 10);
      boolean octal = part.length() > 1 && part.charAt(0) == '0';
      if (number < 0 || number > 255 || octal) {
        return null;
      }
      bits = bits << 8 | number;
    }
    return new IpAddress(0, bits);
  }

  private static @Nullable IpAddress parseIpv6(String text) {
    int gap = text.indexOf("::");
    long[] groups = new long[GROUPS];
    int before = groups(gap < 0 ? text : text.substring(0, gap), groups);
    if (gap < 0) {
      return before == GROUPS ? of(groups) : null;
    }
    long[] last = new long[GROUPS];
    int after = groups(text.substring(gap + 2), last);
    if (before < 0 || after < 0 || before + after >= GROUPS) {
      return null;
    }
    System.arraycopy(last, 0, groups, GROUPS - after, after);
    return of(groups);
  }

  /**
   * Reads groups, which may end with an IPv4 address; returns their number, or -1 for other text.
   */
  private static int groups(String text, long[] groups) {
    if (text.isEmpty()) {
      return 0;
    }
    String[] parts = text.split(":", -1);
    int count = 0;
    for (int i = 0; i < parts.length; i++) {
      boolean dotted = i == parts.length - 1 && parts[i].indexOf('.') >= 0;
      if (count + (dotted ? 2 : 1) > GROUPS) {
        return -1;
      }
      if (dotted) {
        IpAddress tail = parseIpv4(parts[i]);
        if (tail == null) {
          return -1;
        }
        groups[count++] = tail.low >>> 16 & 0xffff;
        groups[count++] = tail.low & 0xffff;
      } else {
        int group = number(parts[i], 4, 16);
        if (group < 0) {
          return -1;
        }
        groups[count++] = group;
      }
    }
    return count;
  }

  /** One to {@code digitsMax} ASCII digits as a number, or -1. */
  private static int number(String text, int digitsMax, int radix) {
    if (text.isEmpty() || text.length() > digitsMax) {
      return -1;
    }
    int number = 0;
    for (int i = 0; i < text.length(); i++) {
      char digit = text.charAt(i);
      int value = digit < 128 ? Character.digit(digit, radix) : -1;
      if (value < 0) {
        return -1;
      }
      number = number * radix + value;
    }
    return number;
  }

  private static IpAddress of(long[] groups) {
    long high = 0;
    long low = 0;
    for (int i = 0; i < GROUPS / 2; i++) {
      high = high << 16 | groups[i];
      low = low << 16 | groups[i + GROUPS / 2];
    }
    return new IpAddress(high, low);
  }
}
