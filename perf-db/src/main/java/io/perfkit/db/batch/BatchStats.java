package io.perfkit.db.batch;

import static java.util.Objects.requireNonNull;

/**
 * What one writer has done since its start. Immutable.
 *
 * @param rows what became of the rows, which always add up
 * @param retries times that a chunk was tried again, since the database failed
 * @param handlerFailures rejections for which the rejection handler threw; those rows are lost
 */
public record BatchStats(RowCounts rows, long retries, long handlerFailures) {
  public BatchStats {
    requireNonNull(rows, "rows");
  }
}
