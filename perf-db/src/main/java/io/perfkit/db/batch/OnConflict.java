package io.perfkit.db.batch;

/** What becomes of a row whose key columns hold the values of a row that is in the table. */
public enum OnConflict {
  /** An upsert: the row takes the other's place. PostgreSQL and H2. */
  UPDATE,
  /** The row in the table stays, and the new one counts as flushed. PostgreSQL. */
  IGNORE,
  /** The new row is rejected, as a plain insert rejects it. Any database. */
  REJECT
}
