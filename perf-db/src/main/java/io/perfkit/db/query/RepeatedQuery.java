package io.perfkit.db.query;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * An N+1 or another query that one place of the application repeats within one scope. Immutable.
 *
 * @param kind the kind of repetition
 * @param fingerprint of the query
 * @param callPath the lines of the application that lead to it, nearest first
 * @param parent the query before it that had a row for each of its executions, if there was one
 * @param scopes units of work, transactions or borrowed connections in which it was seen
 * @param most executions in one of them
 * @param cost total time inside the driver of all but the first execution of each scope
 * @param rewritten the query for all keys at once, if the detector knows how
 */
public record RepeatedQuery(
    Kind kind,
    String fingerprint,
    String callPath,
    Optional<String> parent,
    long scopes,
    int most,
    Duration cost,
    Optional<String> rewritten) {

  /** What repeats. */
  public enum Kind {
    /** Other parameters each time: use one query for all keys, or a {@code BatchLoader}. */
    N_PLUS_ONE,
    /** The same parameters, and the same result as far as its text shows: cache the result. */
    CACHEABLE,
    /** A write of one row with other values each time: use a batch, or a {@code BatchWriter}. */
    SINGLE_WRITES
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s: up to %d times in %d scopes, %d ms: %s at %s%s%s",
        switch (kind) {
          case N_PLUS_ONE -> "n+1";
          case CACHEABLE -> "cacheable";
          case SINGLE_WRITES -> "single writes";
        },
        most,
        scopes,
        cost.toMillis(),
        fingerprint,
        callPath,
        parent.map(query -> ", for each row of: " + query).orElse(""),
        rewritten.map(query -> ", instead: " + query).orElse(""));
  }
}
