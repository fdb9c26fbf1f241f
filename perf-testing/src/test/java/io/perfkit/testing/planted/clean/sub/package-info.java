/** Breaks no rule. */
@NullMarked
package io.perfkit.testing.planted.clean.sub;

import org.jspecify.annotations.NullMarked;
