package io.perfkit.db.query;

import java.util.Locale;
import java.util.Set;

/** Kind of a statement, by its main verb. */
public enum Operation {
  /** Reads, also through a {@code WITH}. */
  SELECT,
  /** Adds rows, upserts included. */
  INSERT,
  /** Changes rows. */
  UPDATE,
  /** Removes rows. */
  DELETE,
  /** Everything else, such as DDL, calls, {@code COMMIT}. */
  OTHER;

  private static final Set<String> NAMES = Set.of("select", "insert", "update", "delete");

  /**
   * The operation of a fingerprint: its first verb outside brackets, for {@code WITH} the main one.
   */
  static Operation of(String fingerprint) {
    int depth = 0;
    int end;
    for (int at = 0; at < fingerprint.length(); at = end) {
      char c = fingerprint.charAt(at);
      end = at + 1;
      if (c == '(') {
        depth++;
      } else if (c == ')') {
        depth--;
      } else if (c >= 'a' && c <= 'z') {
        while (end < fingerprint.length()
            && Character.isJavaIdentifierPart(fingerprint.charAt(end))) {
          end++;
        }
        String word = fingerprint.substring(at, end);
        if (depth == 0 && NAMES.contains(word)) {
          return valueOf(word.toUpperCase(Locale.ROOT));
        }
        if (at == 0 && !word.equals("with")) {
          return OTHER;
        }
      }
    }
    return OTHER;
  }

  /** As a tag of a meter and in a report. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
