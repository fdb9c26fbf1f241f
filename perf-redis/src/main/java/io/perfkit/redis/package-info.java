/**
 * What every module needs from Redis, beginning with a name for a key: {@link
 * io.perfkit.redis.KeySpace}. All types are thread safe.
 */
@NullMarked
package io.perfkit.redis;

import org.jspecify.annotations.NullMarked;
