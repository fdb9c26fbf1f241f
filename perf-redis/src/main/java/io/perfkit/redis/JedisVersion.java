package io.perfkit.redis;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.UnifiedJedis;

/**
 * The host's version of Jedis. Refers to no class that an older Jedis lacks, so that it loads there
 * and can report the version.
 */
final class JedisVersion {
  private JedisVersion() {}

  /**
   * Refuses a Jedis that is too old, with a message that says what to do.
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

  static String version(@Nullable ClassLoader jedis) {
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
}
