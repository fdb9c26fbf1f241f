/** A planted test that sleeps. */
@NullMarked
package io.perfkit.testing.planted.test;

import org.jspecify.annotations.NullMarked;
