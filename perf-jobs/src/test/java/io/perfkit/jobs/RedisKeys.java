package io.perfkit.jobs;

import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.RedisGuard;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.UnifiedJedis;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.resps.ScanResult;

/** Names of applications that no other test class has, and the end of their keys. */
final class RedisKeys {
  private RedisKeys() {}

  /**
   * A guard that other guards of the client take their settings from, so that a busy machine fails
   * no call.
   */
  static RedisGuard patient(UnifiedJedis redis, Duration budget) {
    return RedisGuard.builder(redis).config(GuardConfig.defaults().withBudget(budget)).build();
  }

  static String application(TestRedis redis, String name) {
    return redis.prefix().replace(':', '.').replaceAll("[^A-Za-z0-9._-]", "") + name;
  }

  static void delete(RedisClient redis, String application) {
    names(redis, application).forEach(redis::unlink);
  }

  static List<String> names(UnifiedJedis redis, String application) {
    ScanParams params = new ScanParams().match(application + "*").count(1_000);
    List<String> all = new ArrayList<>();
    String cursor = ScanParams.SCAN_POINTER_START;
    do {
      ScanResult<String> page = redis.scan(cursor, params);
      all.addAll(page.getResult());
      cursor = page.getCursor();
    } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
    return all;
  }
}
