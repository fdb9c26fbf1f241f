package io.perfkit.redis;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.CommandObject;
import redis.clients.jedis.Connection;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.RedisSentinelClient;
import redis.clients.jedis.UnifiedJedis;
import redis.clients.jedis.util.JedisClusterCRC16;
import redis.clients.jedis.util.Pool;

/** Finds the lanes to the server of a command. Thread safe. */
interface Routes {

  /** The routes of one of the three kinds of clients; any other client has none. */
  static Routes of(UnifiedJedis redis, LaneShared shared) {
    if (redis instanceof RedisClusterClient cluster) {
      return new ClusterRoutes(cluster, shared);
    }
    if (redis instanceof RedisClient single) {
      return new OneServer(redis, single::getPool, new Lanes(single::getPool, shared));
    }
    if (redis instanceof RedisSentinelClient sentinel) {
      Supplier<Pool<Connection>> primary = () -> JedisCompatibility.primaryPool(sentinel);
      return new OneServer(redis, primary, new Lanes(primary, shared));
    }
    return new OneServer(redis, null, null);
  }

  /** A connection to the server of a key. */
  static Connection borrow(UnifiedJedis redis, byte[] key) {
    if (redis instanceof RedisClusterClient cluster) {
      return cluster.getConnectionFromSlot(JedisClusterCRC16.getSlot(key));
    }
    if (redis instanceof RedisSentinelClient sentinel) {
      return JedisCompatibility.primaryPool(sentinel).getResource();
    }
    if (redis instanceof RedisClient single) {
      return single.getPool().getResource();
    }
    throw new IllegalArgumentException(
        "redis: "
            + redis.getClass().getName()
            + " (expected: RedisClient, RedisClusterClient or RedisSentinelClient)");
  }

  /** The lanes for a command; absent if it must run through the client. */
  @Nullable Lanes lanes(CommandArguments command);

  /** Runs a command through the client and learns its route. Blocks as long as the client does. */
  <T extends @Nullable Object> T viaClient(CommandObject<T> command);

  /** Forgets the route of a command that failed or was redirected. */
  void forget(CommandArguments command);

  /** All lanes made so far. */
  List<Lanes> all();

  /** Size of the smallest pool of a server; negative if there is none, or none that is bounded. */
  int maxConnections();

  /** A server, or a primary that the client follows. */
  record OneServer(
      UnifiedJedis redis, @Nullable Supplier<Pool<Connection>> pool, @Nullable Lanes lanes)
      implements Routes {
    @Override
    public int maxConnections() {
      return pool == null ? -1 : pool.get().getMaxTotal();
    }

    @Override
    public @Nullable Lanes lanes(CommandArguments command) {
      return lanes;
    }

    @Override
    public <T extends @Nullable Object> T viaClient(CommandObject<T> command) {
      return redis.executeCommand(command);
    }

    @Override
    public void forget(CommandArguments command) {}

    @Override
    public List<Lanes> all() {
      return lanes == null ? List.of() : List.of(lanes);
    }
  }
}
