/** A planted stray exception. */
@NullMarked
package io.perfkit.testing.planted.exception;

import org.jspecify.annotations.NullMarked;
