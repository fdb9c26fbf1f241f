package io.perfkit.jobs;

import io.perfkit.redis.RedisGuard;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import redis.clients.jedis.RedisClient;

@RealRedis
final class RedisJobsIT extends JobsContract {
  private static final List<RedisGuard> GUARDS = new CopyOnWriteArrayList<>();
  private static TestRedis redis;

  @BeforeAll
  static void remember(TestRedis shared) {
    redis = shared;
  }

  @AfterAll
  static void clean() {
    GUARDS.forEach(RedisGuard::close);
    RedisKeys.delete(redis.newClient(), RedisKeys.application(redis, ""));
  }

  @Override
  JobStore open(String application) {
    RedisClient client = redis.newClient();
    GUARDS.add(RedisKeys.patient(client, Duration.ofSeconds(30)));
    return RedisStore.create(client, RedisKeys.application(redis, application));
  }
}
