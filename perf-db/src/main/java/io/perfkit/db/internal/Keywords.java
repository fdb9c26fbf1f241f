package io.perfkit.db.internal;

import java.util.List;

/**
 * Keywords followed by an expression: after one of them a bracket does not open a function call,
 * and a sign is unary. Recognised by {@link String#hashCode}; another word with the same hash
 * always counts as one too.
 */
public final class Keywords {
  private static final List<String> WORDS =
      List.of(
          "all",
          "and",
          "as",
          "between",
          "by",
          "case",
          "check",
          "distinct",
          "else",
          "except",
          "exists",
          "filter",
          "from",
          "having",
          "in",
          "intersect",
          "into",
          "is",
          "join",
          "like",
          "ilike",
          "limit",
          "not",
          "offset",
          "on",
          "or",
          "over",
          "return",
          "returning",
          "select",
          "set",
          "then",
          "union",
          "using",
          "values",
          "when",
          "where",
          "with",
          "within");

  private static final int MASK = 255;
  private static final int[] TABLE = table();

  private Keywords() {}

  public static boolean contains(int hash) {
    for (int i = slot(hash); TABLE[i] != 0; i = (i + 1) & MASK) {
      if (TABLE[i] == hash) {
        return true;
      }
    }
    return false;
  }

  private static int[] table() {
    int[] table = new int[MASK + 1];
    for (String word : WORDS) {
      int i = slot(word.hashCode());
      while (table[i] != 0) {
        i = (i + 1) & MASK;
      }
      table[i] = word.hashCode();
    }
    return table;
  }

  private static int slot(int hash) {
    return (hash ^ hash >>> 8) & MASK;
  }
}
