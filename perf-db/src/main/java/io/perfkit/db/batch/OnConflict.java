package io.perfkit.db.batch;

/** What happens to a row whose key is already in the table. */
public enum OnConflict {
  /** An upsert: the new row replaces the one in the table. PostgreSQL and H2. */
  UPDATE,
  /**
   * The row in the table stays, and the new one counts as flushed. On a table without key columns
   * any unique index decides. PostgreSQL.
   */
  IGNORE,
  /** The new row is rejected, as a plain insert rejects it. Any database. */
  REJECT
}
