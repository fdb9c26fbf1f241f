package io.perfkit.cache;

import redis.clients.jedis.Connection;
import redis.clients.jedis.JedisPubSubBase;
import redis.clients.jedis.RedisClient;

/** What tests hear themselves, without pushes as the product does. */
final class Subscriptions {
  private Subscriptions() {}

  /** Blocks until {@code listener} has unsubscribed. */
  @SafeVarargs
  @SuppressWarnings("varargs")
  static <T> void listen(RedisClient redis, JedisPubSubBase<T> listener, T... channels) {
    Connection mine = redis.getPool().getResource();
    try {
      InvalidationChannel.leaveResp3(mine);
      listener.proceed(mine, channels);
    } finally {
      mine.setBroken(); // the pool takes it for one of RESP3
      mine.close();
    }
  }
}
