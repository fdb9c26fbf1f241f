/**
 * Query monitoring and caching: a wrapped {@code DataSource} counts and times every statement under
 * its fingerprint.
 *
 * <p>{@link io.perfkit.db.query.QueryMonitor} wraps the {@code DataSource} and holds all figures,
 * in this process and bounded. Everything is thread safe except the JDBC objects, which are as
 * thread safe as the driver's.
 */
@NullMarked
package io.perfkit.db.query;

import org.jspecify.annotations.NullMarked;
