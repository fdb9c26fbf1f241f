package io.perfkit.db.query;

import io.perfkit.db.internal.SqlLexer;
import io.perfkit.db.internal.SqlLexer.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Shape of a statement, as far as its fingerprint shows it. Immutable.
 *
 * @param isSteady whether a query returns the same for the same rows, and locks nothing
 * @param equalities conditions that a value equals something: {@code id = ?}, {@code (a, b) = (?,
 *     ?)}
 * @param singleIns lists of values, of which it is not known whether they have one or many
 * @param values constants and parameters
 * @param isPage whether it reads a part of a longer result: an offset, or a range with a limit
 * @param takesMany whether it takes an array of keys
 * @param writesOneRow whether it is a write that names a row by a key, or gives its values
 */
record QueryShape(
    boolean isSteady,
    int equalities,
    int singleIns,
    int values,
    boolean isPage,
    boolean takesMany,
    boolean writesOneRow) {

  private static final Set<String> RANGES = Set.of("<", ">", "<=", ">=");

  /** What may stand before a bracket that has more than one value. */
  private static final Set<String> MANY = Set.of("any", "all", "some", "select", "array");

  static QueryShape of(Fingerprint fingerprint) {
    List<String> tokens = tokens(fingerprint.text());
    int equalities = 0;
    int singleIns = 0;
    int values = 0;
    boolean range = false;
    boolean limit = false;
    boolean offset = false;
    boolean takesMany = false;
    for (int i = 0; i < tokens.size(); i++) {
      String token = tokens.get(i);
      values += token.equals("?") ? 1 : 0;
      equalities += token.equals("=") && isValue(tokens, i) ? 1 : 0;
      singleIns += token.equals("in") && isAt(tokens, i + 1, "(", "?", ")") ? 1 : 0;
      takesMany |= token.equals("any") && isAt(tokens, i + 1, "(", "?");
      range |= RANGES.contains(token) || token.equals("between");
      limit |= token.equals("limit") || token.equals("fetch");
      offset |= token.equals("offset");
    }
    String first = tokens.isEmpty() ? "" : tokens.get(0);
    boolean inserts = first.equals("insert") && tokens.contains("values");
    boolean changes = (first.equals("update") || first.equals("delete")) && !takesMany;
    return new QueryShape(
        SqlTables.isSteady(fingerprint),
        equalities,
        singleIns,
        values,
        offset || (range && limit),
        takesMany,
        inserts || (changes && equalities > 0));
  }

  /** A parameter, a row of them, or what a function or cast makes of one, on either side. */
  private static boolean isValue(List<String> tokens, int sign) {
    int at = sign + 1;
    while (isAt(tokens, at, "(") || (isAt(tokens, at + 1, "(") && !MANY.contains(tokens.get(at)))) {
      at++;
    }
    return isAt(tokens, at, "?")
        || isAt(tokens, sign - 1, "?")
        || isAt(tokens, sign - 3, "?", "::");
  }

  private static boolean isAt(List<String> tokens, int at, String... wanted) {
    return at >= 0
        && at + wanted.length <= tokens.size()
        && tokens.subList(at, at + wanted.length).equals(List.of(wanted));
  }

  private static List<String> tokens(String text) {
    SqlLexer lexer = new SqlLexer(text, text.length());
    List<String> tokens = new ArrayList<>();
    while (lexer.next() != Token.END) {
      tokens.add(new String(lexer.text(), lexer.start(), lexer.end() - lexer.start()));
    }
    return tokens;
  }

  /**
   * Whether it looks something up by a key: not a page of a longer list, and not many keys already.
   *
   * @param parameters number of parameters of an execution, or -1 if not known
   */
  boolean isLookup(int parameters) {
    boolean oneOfAList = singleIns > 0 && parameters == values;
    return !isPage && !takesMany && (oneOfAList || (singleIns == 0 && equalities > 0));
  }
}
