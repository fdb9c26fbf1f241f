package io.perfkit.db.batch;

/** The databases that differ in how a batch is written. */
enum Database {
  /** Writes whole columns as arrays, and tells later what became of a transaction. */
  POSTGRESQL,
  /** Replaces rows by {@code MERGE … KEY}. */
  H2,
  /** Only inserts, as every database does. */
  OTHER
}
