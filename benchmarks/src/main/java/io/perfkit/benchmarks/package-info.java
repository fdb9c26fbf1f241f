/**
 * What perfkit costs, beside its peers, in one JMH run. {@link io.perfkit.benchmarks.Bench} runs an
 * {@link io.perfkit.benchmarks.Area}, prints one line per {@link io.perfkit.benchmarks.Figure} and
 * answers with an exit code. A new area is one new class.
 */
@NullMarked
package io.perfkit.benchmarks;

import org.jspecify.annotations.NullMarked;
