package io.perfkit.redis;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Properties;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.CommandObject;
import redis.clients.jedis.Connection;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.RedisSentinelClient;
import redis.clients.jedis.UnifiedJedis;
import redis.clients.jedis.args.Rawable;
import redis.clients.jedis.commands.ProtocolCommand;
import redis.clients.jedis.providers.ClusterConnectionProvider;
import redis.clients.jedis.providers.ConnectionProvider;
import redis.clients.jedis.providers.SentineledConnectionProvider;
import redis.clients.jedis.util.Pool;
import redis.clients.jedis.util.SafeEncoder;

/** What differs between the versions of Jedis that a host may have, 7.2 and later. */
final class JedisVersion {
  private static final @Nullable Constructor<? extends CommandArguments> CLUSTER_ARGUMENTS =
      clusterArguments();

  private JedisVersion() {}

  /**
   * Refuses a Jedis that is too old to run on, in words.
   *
   * @throws IllegalStateException if it is older than 7.2
   */
  static void require() {
    require(UnifiedJedis.class.getClassLoader());
  }

  static void require(@Nullable ClassLoader jedis) {
    try {
      Class.forName("redis.clients.jedis.RedisClient", false, jedis);
    } catch (ClassNotFoundException tooOld) {
      throw new IllegalStateException(
          "jedis: "
              + version(jedis)
              + " (expected: 7.2 or later, which has RedisClient, RedisClusterClient and"
              + " RedisSentinelClient; set the property jedis.version of your build, which Spring"
              + " Boot's parent reads too, to 7.2.0 or later)",
          tooOld);
    }
  }

  private static String version(@Nullable ClassLoader jedis) {
    String name = "redis/clients/jedis/pom.properties";
    try (InputStream resource =
        jedis == null
            ? ClassLoader.getSystemResourceAsStream(name)
            : jedis.getResourceAsStream(name)) {
      Properties properties = new Properties();
      if (resource != null) {
        properties.load(resource);
      }
      return properties.getProperty("version", "of an unknown version");
    } catch (IOException unreadable) {
      return "of an unknown version";
    }
  }

  /**
   * A command as the client of a Cluster takes it. Jedis 7 wants arguments of a class of its own,
   * which knows their slot; Jedis 8 has no such class.
   */
  static <T extends @Nullable Object> CommandObject<T> forCluster(CommandObject<T> command) {
    CommandArguments given = command.getArguments();
    if (CLUSTER_ARGUMENTS == null || CLUSTER_ARGUMENTS.getDeclaringClass().isInstance(given)) {
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

  /**
   * The pool of the primary that the sentinels name now. A getter for it came with Jedis 8 only.
   */
  static Pool<Connection> primaryPool(RedisSentinelClient sentinel) {
    return ((SentineledConnectionProvider) provider(sentinel))
        .getPrimaryNodesConnectionMap()
        .values()
        .iterator()
        .next();
  }

  /** What leads to the nodes of a Cluster; there is no getter for it. */
  static ClusterConnectionProvider clusterProvider(RedisClusterClient cluster) {
    return (ClusterConnectionProvider) provider(cluster);
  }

  private static ConnectionProvider provider(UnifiedJedis client) {
    try {
      Field provider = UnifiedJedis.class.getDeclaredField("provider");
      provider.setAccessible(true);
      return (ConnectionProvider) provider.get(client);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "jedis: " + version(UnifiedJedis.class.getClassLoader()) + " (expected: 7.2 to 8.x)", e);
    }
  }
}
