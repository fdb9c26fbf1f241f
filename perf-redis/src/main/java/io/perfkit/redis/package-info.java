/**
 * What every module needs from Redis: key names ({@link io.perfkit.redis.KeySpace}), stored bytes
 * of values ({@link io.perfkit.redis.ValueFormat}), atomic Lua scripts ({@link
 * io.perfkit.redis.RedisScript}), and calls with a time budget, a circuit breaker and group commit
 * ({@link io.perfkit.redis.RedisGuard}). All types but builders are thread safe. State lives in
 * Redis; this package keeps only the guard's breaker and the calls under way.
 */
@NullMarked
package io.perfkit.redis;

import org.jspecify.annotations.NullMarked;
