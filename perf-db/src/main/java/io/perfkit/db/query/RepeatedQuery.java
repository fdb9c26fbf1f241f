package io.perfkit.db.query;

import java.time.Duration;
import java.util.Optional;

/**
 * A query that one place of the application asks again and again within one unit of work.
 * Immutable.
 *
 * @param kind what it is a case of
 * @param fingerprint of the query
 * @param callPath the lines of the application that lead to it, the nearest first
 * @param parent the query before it that had a row for each of its executions, if there was one
 * @param scopes units of work, transactions or borrowed connections in which it was seen
 * @param most executions in one of them
 * @param cost time inside the driver of all but the first execution of each scope, together
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
    /** The query with other parameters each time: one query for all, or a {@code BatchLoader}. */
    N_PLUS_ONE,
    /**
     * The query with the same parameters, and the same result as far as its text tells: keep it.
     */
    CACHEABLE,
    /** A write of one row, with other values each time: a batch, or a {@code BatchWriter}. */
    SINGLE_WRITES
  }

  @Override
  public String toString() {
    return "%s: up to %d times in %d scopes, %d ms: %s at %s%s%s"
        .formatted(
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
