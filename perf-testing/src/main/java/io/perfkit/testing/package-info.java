/** Test scope only: real Redis and PostgreSQL, a fake clock, a fault proxy and the house rules. */
@NullMarked
package io.perfkit.testing;

import org.jspecify.annotations.NullMarked;
