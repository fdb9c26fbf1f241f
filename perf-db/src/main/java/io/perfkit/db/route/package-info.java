/**
 * Read/write splitting with read-your-writes: a host creates one {@link io.perfkit.db.route.Router}
 * over the pools of all nodes and uses its {@code DataSource}; a session that wrote never reads
 * from a replica that has not replayed the write. PostgreSQL only.
 */
@NullMarked
package io.perfkit.db.route;

import org.jspecify.annotations.NullMarked;
