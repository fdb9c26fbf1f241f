package io.perfkit.cache;

import io.perfkit.redis.RedisGuard;

/** What all caches of one {@link Caches} share of Redis. */
record SharedRedis(
    String prefix, RedisGuard guard, InvalidationChannel channel, UnsentInvalidations unsent) {}
