package io.perfkit.redis;

import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.CommandObject;
import redis.clients.jedis.Connection;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.RedisSentinelClient;
import redis.clients.jedis.UnifiedJedis;
import redis.clients.jedis.args.Rawable;
import redis.clients.jedis.commands.ProtocolCommand;
import redis.clients.jedis.providers.ClusterConnectionProvider;
import redis.clients.jedis.providers.SentineledConnectionProvider;
import redis.clients.jedis.util.Pool;
import redis.clients.jedis.util.SafeEncoder;

/** What differs between the versions of Jedis that a host may have, 7.2 and later. */
final class JedisCompatibility {
  private static final @Nullable Constructor<? extends CommandArguments> CLUSTER_ARGUMENTS =
      clusterArguments();

  private JedisCompatibility() {}

  /**
   * A command in the form that the client accepts. On a Cluster, Jedis 7 expects arguments of a
   * class of its own, which knows their slot; Jedis 8 has no such class.
   */
  static <T extends @Nullable Object> CommandObject<T> command(
      UnifiedJedis client, CommandObject<T> command) {
    CommandArguments given = command.getArguments();
    if (CLUSTER_ARGUMENTS == null
        || !(client instanceof RedisClusterClient)
        || CLUSTER_ARGUMENTS.getDeclaringClass().isInstance(given)) {
      return command;
    }
    try {
      CommandArguments arguments = CLUSTER_ARGUMENTS.newInstance(given.getCommand());
      Set<ByteBuffer> keys = new HashSet<>();
      given.getKeys().forEach(key -> keys.add(ByteBuffer.wrap(bytes(key))));
      for (int i = 1; i < given.size(); i++) { // the first is the command
        byte[] raw = given.get(i).getRaw();
        CommandArguments unused =
            keys.contains(ByteBuffer.wrap(raw)) ? arguments.key(raw) : arguments.add(raw);
      }
      if (given.isBlocking()) {
        CommandArguments unused = arguments.blocking();
      }
      return new CommandObject<>(arguments, command.getBuilder());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("jedis: ClusterCommandArguments can't be made", e);
    }
  }

  private static byte[] bytes(Object key) {
    if (key instanceof byte[] raw) {
      return raw;
    }
    return key instanceof Rawable rawable ? rawable.getRaw() : SafeEncoder.encode(key.toString());
  }

  private static @Nullable Constructor<? extends CommandArguments> clusterArguments() {
    try {
      return Class.forName("redis.clients.jedis.ClusterCommandArguments")
          .asSubclass(CommandArguments.class)
          .getConstructor(ProtocolCommand.class);
    } catch (ReflectiveOperationException jedis8) {
      return null;
    }
  }

  /** The pool of the primary that the sentinels name now. Only Jedis 8 has a getter for it. */
  static Pool<Connection> primaryPool(RedisSentinelClient sentinel) {
    return ((SentineledConnectionProvider) provider(sentinel))
        .getPrimaryNodesConnectionMap()
        .values()
        .iterator()
        .next();
  }

  /** The node that the client asks for this slot, null if it does not know one. */
  static @Nullable HostAndPort node(RedisClusterClient cluster, int slot) {
    return clusterProvider(cluster).getNode(slot);
  }

  /** The provider of connections to a Cluster's nodes; Jedis has no getter for it. */
  static ClusterConnectionProvider clusterProvider(RedisClusterClient cluster) {
    return (ClusterConnectionProvider) provider(cluster);
  }

  private static Object provider(UnifiedJedis client) {
    try {
      Field provider = UnifiedJedis.class.getDeclaredField("provider");
      provider.setAccessible(true);
      return provider.get(client);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "jedis: "
              + JedisVersion.version(UnifiedJedis.class.getClassLoader())
              + " (expected: 7.2 to 8.x)",
          e);
    }
  }
}
