/**
 * What every module needs from Redis: a name for a key ({@link io.perfkit.redis.KeySpace}), bytes
 * for a value ({@link io.perfkit.redis.ValueFormat}), a script that runs as one step ({@link
 * io.perfkit.redis.RedisScript}), and the way to Redis, which sends together what many threads ask
 * for and knows when Redis is down ({@link io.perfkit.redis.RedisGuard}). All types are thread
 * safe. State lives in Redis; this package keeps none but the guard's breaker and the calls under
 * way.
 */
@NullMarked
package io.perfkit.redis;

import org.jspecify.annotations.NullMarked;
