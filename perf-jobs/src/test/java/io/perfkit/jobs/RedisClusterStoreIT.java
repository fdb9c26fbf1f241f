package io.perfkit.jobs;

import io.perfkit.redis.RedisGuard;
import io.perfkit.testing.Await;
import io.perfkit.testing.RedisCluster;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import redis.clients.jedis.RedisClusterClient;

final class RedisClusterStoreIT extends StoreContract {
  private static RedisCluster cluster;
  private static RedisClusterClient client;
  private static RedisGuard guard;

  @BeforeAll
  static void start() {
    cluster = RedisCluster.start();
    client = RedisClusterClient.create(cluster.nodes());
    guard = RedisKeys.patient(client, Duration.ofSeconds(30));
  }

  @AfterAll
  static void stop() {
    guard.close();
    client.close();
    cluster.close();
  }

  @Override
  JobStore open(String application) {
    return RedisStore.create(client, application);
  }

  @Override
  void pass(Duration time) {
    long until = System.nanoTime() + time.toNanos();
    Await.until("time passes", Duration.ofMinutes(1), () -> System.nanoTime() - until > 0);
  }
}
