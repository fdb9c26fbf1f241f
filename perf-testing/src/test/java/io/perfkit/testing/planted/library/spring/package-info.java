/** An adapter, where the library may be named. */
@NullMarked
package io.perfkit.testing.planted.library.spring;

import org.jspecify.annotations.NullMarked;
