package io.perfkit.db.batch;

import static java.util.Objects.requireNonNull;

/**
 * Counters of one writer since its start. Immutable.
 *
 * @param rows the rows by outcome; the counts always add up
 * @param retries times that a chunk was retried because the database failed
 * @param handlerFailures rejections for which the rejection handler threw; those rows are lost
 */
public record BatchStats(RowCounts rows, long retries, long handlerFailures) {
  public BatchStats {
    requireNonNull(rows, "rows");
  }
}
