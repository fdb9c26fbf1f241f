/** What nobody outside may see. */
@NullMarked
package io.perfkit.testing.planted.room.internal;

import org.jspecify.annotations.NullMarked;
