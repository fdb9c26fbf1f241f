/** Planted output. */
@NullMarked
package io.perfkit.testing.planted.print;

import org.jspecify.annotations.NullMarked;
