/** Buckets of bucket4j over a limiter, for code that uses bucket4j's API. */
@NullMarked
package io.perfkit.ratelimit.bucket4j;

import org.jspecify.annotations.NullMarked;
