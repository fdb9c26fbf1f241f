/** Planted Javadoc that is absent or says nothing. */
@NullMarked
package io.perfkit.testing.planted.javadoc;

import org.jspecify.annotations.NullMarked;
