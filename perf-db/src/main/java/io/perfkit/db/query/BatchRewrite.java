package io.perfkit.db.query;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether a fingerprint looks something up by a key, and how it asks for many keys at once. */
final class BatchRewrite {
  private static final Pattern EQUALS = Pattern.compile("([\\w.\"]+) = \\?");
  private static final Pattern LIST = Pattern.compile(" in \\(\\?\\)|any\\(\\?\\)");
  private static final Pattern PAGE = Pattern.compile("(?<!<)[<>]=? \\?|offset \\?| between ");
  private static final Pattern MANY_TO_ONE =
      Pattern.compile(" (group by|order by|limit|distinct|union|for update|having|fetch) ?");
  private static final Pattern AGGREGATE = Pattern.compile("\\b(count|sum|min|max|avg)\\(");
  private static final Pattern SIMPLE =
      Pattern.compile("select (.+?) from (.+) where ([\\w.\"]+) = \\?");

  private BatchRewrite() {}

  /** Not a page of a longer list, and not many keys already. */
  static boolean isLookup(String fingerprint) {
    return fingerprint.startsWith("select ")
        && EQUALS.matcher(fingerprint).find()
        && !LIST.matcher(fingerprint).find()
        && !PAGE.matcher(fingerprint).find();
  }

  /** The statement for many keys, if there is one plain column to look up by. */
  static Optional<String> of(String fingerprint) {
    Matcher simple = SIMPLE.matcher(fingerprint);
    if (!simple.matches() || MANY_TO_ONE.matcher(fingerprint).find()) {
      return Optional.empty();
    }
    String columns = simple.group(1);
    String key = simple.group(3);
    boolean aggregate = AGGREGATE.matcher(columns).find();
    boolean has =
        columns.equals("*")
            || Pattern.compile("\\b" + Pattern.quote(key) + "\\b").matcher(columns).find();
    return Optional.of(
        "select "
            + (has && !aggregate ? columns : key + ", " + columns)
            + " from "
            + simple.group(2)
            + " where "
            + key
            + " = any(?)"
            + (aggregate ? " group by " + key : ""));
  }
}
