/** Planted native serialization. */
@NullMarked
package io.perfkit.testing.planted.serial;

import org.jspecify.annotations.NullMarked;
