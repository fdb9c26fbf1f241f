/** Planted conversions of durations that overflow. */
@NullMarked
package io.perfkit.testing.planted.duration;

import org.jspecify.annotations.NullMarked;
