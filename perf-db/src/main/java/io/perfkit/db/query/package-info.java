/**
 * What an application asks of its database: every statement is counted and timed under its
 * fingerprint, on its way through a wrapped {@code DataSource}.
 *
 * <p>{@link io.perfkit.db.query.QueryMonitor} wraps the {@code DataSource} and holds all figures,
 * in this process and bounded. Everything is thread safe but the JDBC objects, which are as the
 * driver made them.
 */
@NullMarked
package io.perfkit.db.query;

import org.jspecify.annotations.NullMarked;
