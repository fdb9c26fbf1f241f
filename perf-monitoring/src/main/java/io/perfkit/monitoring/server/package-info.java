/**
 * Metrics, health and alerts over HTTP: {@link io.perfkit.monitoring.server.ManagementServer} is a
 * server of its own, {@link io.perfkit.monitoring.server.ManagementPages} the same for a server of
 * the host. Thread safe; stores nothing.
 */
@NullMarked
package io.perfkit.monitoring.server;

import org.jspecify.annotations.NullMarked;
