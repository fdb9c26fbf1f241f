/**
 * Health checks in the background: {@link io.perfkit.monitoring.health.HealthChecks} runs them, and
 * a probe reads what they found last. Thread safe; the state is in the heap.
 */
@NullMarked
package io.perfkit.monitoring.health;

import org.jspecify.annotations.NullMarked;
