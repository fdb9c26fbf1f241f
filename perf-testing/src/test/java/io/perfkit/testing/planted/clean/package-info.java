/** Breaks no rule. */
@NullMarked
package io.perfkit.testing.planted.clean;

import org.jspecify.annotations.NullMarked;
