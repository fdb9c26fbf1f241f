/** Half of a planted cycle. */
@NullMarked
package io.perfkit.testing.planted.cycle.a;

import org.jspecify.annotations.NullMarked;
