/** Planted reads of clocks. */
@NullMarked
package io.perfkit.testing.planted.clock;

import org.jspecify.annotations.NullMarked;
