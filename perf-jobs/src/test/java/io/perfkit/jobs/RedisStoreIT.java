package io.perfkit.jobs;

import io.perfkit.redis.RedisGuard;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

@RealRedis
final class RedisStoreIT extends StoreContract {
  private static TestRedis redis;
  private static RedisGuard guard;

  @BeforeAll
  static void remember(TestRedis shared) {
    redis = shared;
    guard = RedisKeys.patient(redis.client(), Duration.ofSeconds(30));
  }

  @AfterAll
  static void clean() {
    guard.close();
    RedisKeys.delete(redis.newClient(), RedisKeys.application(redis, ""));
  }

  @Override
  JobStore open(String application) {
    return RedisStore.create(redis.client(), RedisKeys.application(redis, application));
  }

  @Override
  void pass(Duration time) {
    long until = System.nanoTime() + time.toNanos();
    Await.until("time passes", Duration.ofMinutes(1), () -> System.nanoTime() - until > 0);
  }
}
