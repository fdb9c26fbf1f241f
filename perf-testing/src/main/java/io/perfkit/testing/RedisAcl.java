package io.perfkit.testing;

import java.util.Arrays;
import java.util.List;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.RedisClient;

/** The Redis users of {@code docs/operations/redis-acl.md}, on a server of a test. Stateless. */
public final class RedisAcl {
  private static final String PAGE = "../operations/redis-acl.md";
  private static final String PASSWORD = "secret";

  private RedisAcl() {}

  /** The words of the line that makes the user of a module: its name, then its rules. */
  public static List<String> rules(String module) {
    return Arrays.stream(ReferenceTable.code(module, PAGE).strip().split("\\s+"))
        .skip(2) // ACL SETUSER
        .map(word -> word.replace("PASSWORD", PASSWORD))
        .toList();
  }

  /**
   * Makes the user on the server and returns a client that logs in as it; the caller closes it. Its
   * keys and channels begin with {@code shop:}.
   *
   * @param without rules of the page that are left out
   */
  public static RedisClient client(RedisProcess server, String module, String... without) {
    List<String> rules = rules(module);
    List<String> left = List.of(without);
    if (!rules.containsAll(left)) {
      throw new AssertionError(left + " are no rules of " + module + ": " + rules);
    }
    try (Jedis admin = new Jedis(server.address())) {
      admin.aclSetUser(
          rules.get(0),
          rules.stream().skip(1).filter(rule -> !left.contains(rule)).toArray(String[]::new));
    }
    return RedisClient.builder()
        .hostAndPort(server.address())
        .clientConfig(
            DefaultJedisClientConfig.builder().user(rules.get(0)).password(PASSWORD).build())
        .build();
  }

  /** What the server has denied to its users, by its own account: {@code command zscore} or so. */
  public static List<String> denied(RedisProcess server) {
    try (Jedis admin = new Jedis(server.address())) {
      return admin.aclLog().stream()
          .map(entry -> entry.getReason() + " " + entry.getObject())
          .distinct()
          .toList();
    }
  }
}
