/** A planted loop of five files, one link of it in a nested class. */
@NullMarked
package io.perfkit.testing.planted.loop;

import org.jspecify.annotations.NullMarked;
