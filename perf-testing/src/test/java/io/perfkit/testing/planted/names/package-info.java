/** Two public types of one simple name, one of them here. */
@NullMarked
package io.perfkit.testing.planted.names;

import org.jspecify.annotations.NullMarked;
