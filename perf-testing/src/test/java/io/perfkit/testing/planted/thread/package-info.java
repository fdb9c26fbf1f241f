/** Planted threads and sleeps. */
@NullMarked
package io.perfkit.testing.planted.thread;

import org.jspecify.annotations.NullMarked;
