/**
 * Rows written in batches: {@link io.perfkit.db.batch.BatchWriter} buffers rows of one table and
 * writes them on its own threads, each row accounted for exactly once; {@link
 * io.perfkit.db.batch.BatchInsert} writes what is at hand in the caller's transaction. Rows that
 * wait live in this JVM's heap.
 */
@NullMarked
package io.perfkit.db.batch;

import org.jspecify.annotations.NullMarked;
