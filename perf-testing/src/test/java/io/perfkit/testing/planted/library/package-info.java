/** Planted types of optional libraries. */
@NullMarked
package io.perfkit.testing.planted.library;

import org.jspecify.annotations.NullMarked;
