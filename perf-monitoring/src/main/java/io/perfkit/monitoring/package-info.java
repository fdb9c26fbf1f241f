/**
 * Counters, timers and gauges by name, whose series are bounded: {@link
 * io.perfkit.monitoring.Monitors} is the entry point, {@link io.perfkit.monitoring.SeriesFilter}
 * the bound for all meters of a registry. Thread safe; the figures are in the host's registry.
 */
@NullMarked
package io.perfkit.monitoring;

import org.jspecify.annotations.NullMarked;
