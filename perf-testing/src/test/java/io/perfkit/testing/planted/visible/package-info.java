/** A planted public type. */
@NullMarked
package io.perfkit.testing.planted.visible;

import org.jspecify.annotations.NullMarked;
