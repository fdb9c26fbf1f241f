package io.perfkit.db.route;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A position in PostgreSQL's write-ahead log (WAL), a timeline and an LSN. Its text, {@code
 * 1:0/16B3748}, is the timeline and the LSN in PostgreSQL's form. Immutable.
 */
record WalPosition(int timeline, long lsn) {
  private static final Pattern TEXT =
      Pattern.compile("([0-9]{1,9}):([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})");

  /**
   * @throws IllegalArgumentException if it is not the text of a position
   */
  static WalPosition parse(String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException("token: (expected: as CausalSession.token() gave it)");
    }
    long high = Long.parseLong(parts.group(2), 16);
    long low = Long.parseLong(parts.group(3), 16);
    return new WalPosition(Integer.parseInt(parts.group(1)), high << 32 | low);
  }

  /** Whether a node at this position has replayed everything up to the other one. */
  boolean reached(WalPosition other) {
    return timeline == other.timeline && Long.compareUnsigned(lsn, other.lsn) >= 0;
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%d:%X/%X", timeline, lsn >>> 32, lsn & 0xFFFF_FFFFL);
  }
}
