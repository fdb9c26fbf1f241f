/** A loop of four files, as large as one may be. */
@NullMarked
package io.perfkit.testing.planted.smallloop;

import org.jspecify.annotations.NullMarked;
