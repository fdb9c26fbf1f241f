/**
 * Sizes, warms up, watches and tunes the connection pool of a database, which is HikariCP.
 *
 * <p>Entry point: {@link io.perfkit.db.pool.PoolManager}. All of it is thread safe. Nothing is
 * stored outside the JVM.
 */
@NullMarked
package io.perfkit.db.pool;

import org.jspecify.annotations.NullMarked;
