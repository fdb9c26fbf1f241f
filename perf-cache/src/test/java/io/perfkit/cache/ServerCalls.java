package io.perfkit.cache;

import java.util.Set;
import redis.clients.jedis.UnifiedJedis;

/** How often a server ran a command, by its own account. */
final class ServerCalls {
  private ServerCalls() {}

  /** Scripts, by digest or text. */
  static long ofScripts(UnifiedJedis redis) {
    return of(redis, "evalsha", "eval");
  }

  static long of(UnifiedJedis redis, String... commands) {
    Set<String> wanted = Set.of(commands);
    return redis
        .info("commandstats")
        .lines()
        .filter(line -> wanted.contains(line.replaceAll("cmdstat_([^:]*):.*|.*", "$1")))
        .mapToLong(line -> Long.parseLong(line.replaceAll(".*:calls=(\\d+),.*", "$1")))
        .sum();
  }
}
