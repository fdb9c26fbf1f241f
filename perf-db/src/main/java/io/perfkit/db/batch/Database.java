package io.perfkit.db.batch;

/** The kinds of databases that need different batch statements. */
enum Database {
  /** Takes whole columns as arrays, and can report the outcome of a transaction later. */
  POSTGRESQL,
  /** Replaces rows by {@code MERGE … KEY}. */
  H2,
  /** Any other database: plain inserts only. */
  OTHER
}
