/** The other one. */
@NullMarked
package io.perfkit.testing.planted.names.other;

import org.jspecify.annotations.NullMarked;
