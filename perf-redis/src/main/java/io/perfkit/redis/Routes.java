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
import redis.clients.jedis.util.Pool;

/** Which lanes lead to the server of a command. Thread safe. */
interface Routes {

  /** The routes of one of the three kinds of clients; any other client has none. */
  static Routes of(UnifiedJedis redis, LaneShared shared) {
    if (redis instanceof RedisClusterClient cluster) {
      return new ClusterRoutes(cluster, shared);
    }
    if (redis instanceof RedisClient single) {
      return new OneServer(redis, lanes(single::getPool, shared));
    }
    if (redis instanceof RedisSentinelClient sentinel) {
      return new OneServer(
          redis,
          lanes(() -> sentinel.getPrimaryNodesConnectionMap().values().iterator().next(), shared));
    }
    return new OneServer(redis, null);
  }

  private static Lanes lanes(Supplier<Pool<Connection>> pool, LaneShared shared) {
    requireRoom(pool.get(), shared);
    return new Lanes(pool, shared);
  }

  /** Lanes keep their connections; without another one nothing else would ever get its turn. */
  static void requireRoom(Pool<Connection> pool, LaneShared shared) {
    int lanes = shared.config().lanes();
    if (pool.getMaxTotal() >= 0 && lanes >= pool.getMaxTotal()) {
      throw new IllegalArgumentException(
          "lanes: "
              + lanes
              + " (expected: < maxTotal of the client's pool "
              + pool.getMaxTotal()
              + ")");
    }
  }

  /** The lanes of a command; absent if only the client knows, or knows better. */
  @Nullable Lanes lanes(CommandArguments command);

  /** Runs a command as the client does, and learns from it. Blocks as long as the client does. */
  <T extends @Nullable Object> T viaClient(CommandObject<T> command);

  /** The command failed, or was answered by another server: the client knows better. */
  void forget(CommandArguments command);

  /** All lanes that there are. */
  List<Lanes> all();

  /** A server, or a primary that the client follows. */
  record OneServer(UnifiedJedis redis, @Nullable Lanes lanes) implements Routes {
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
