/**
 * Batched writes: {@link io.perfkit.db.batch.BatchWriter} buffers rows of one table and writes them
 * on its own threads, and counts each row exactly once; {@link io.perfkit.db.batch.BatchInsert}
 * writes rows that are at hand in the caller's transaction. Buffered rows live in this JVM's heap.
 */
@NullMarked
package io.perfkit.db.batch;

import org.jspecify.annotations.NullMarked;
