/**
 * Timings by annotation: {@link io.perfkit.monitoring.weave.Monitored} on the methods of a service,
 * implemented by a {@link io.perfkit.monitoring.weave.MonitoredAspect}. Needs the optional
 * dependency perf-weave. Thread safe; the timings are in the host's registry.
 */
@NullMarked
package io.perfkit.monitoring.weave;

import org.jspecify.annotations.NullMarked;
