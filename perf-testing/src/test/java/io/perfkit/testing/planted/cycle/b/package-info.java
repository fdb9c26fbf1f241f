/** Half of a planted cycle. */
@NullMarked
package io.perfkit.testing.planted.cycle.b;

import org.jspecify.annotations.NullMarked;
