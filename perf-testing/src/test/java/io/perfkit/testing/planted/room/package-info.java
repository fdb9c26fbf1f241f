/** A planted public signature with a type of an internal package. */
@NullMarked
package io.perfkit.testing.planted.room;

import org.jspecify.annotations.NullMarked;
