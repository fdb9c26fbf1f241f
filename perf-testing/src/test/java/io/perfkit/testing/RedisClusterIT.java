package io.perfkit.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.RedisClusterClient;

@TestInstance(Lifecycle.PER_CLASS)
final class RedisClusterIT {
  private final RedisCluster cluster = RedisCluster.start();

  @AfterAll
  void close() {
    cluster.close();
  }

  @Test
  void keepsKeysOfAllSlotsOnThreeMasters() {
    try (RedisClusterClient client = RedisClusterClient.create(cluster.nodes())) {
      IntStream.range(0, 100).forEach(i -> client.set("spread:" + i, "value"));

      assertThat(IntStream.range(0, 100)).allMatch(i -> "value".equals(client.get("spread:" + i)));
      assertThat(cluster.masters())
          .hasSize(3)
          .allSatisfy(master -> assertThat(keysOf(master)).isPositive());
    }
  }

  @Test
  void goesOnWithARestartedMaster() {
    RedisProcess victim = cluster.masters().get(0);
    victim.restart();

    for (RedisProcess master : cluster.masters()) {
      try (Jedis jedis = master.connect()) {
        Await.until(
            "the cluster is whole at " + master,
            Duration.ofSeconds(60),
            () -> jedis.clusterInfo().contains("cluster_state:ok"));
      }
    }
    try (RedisClusterClient client = RedisClusterClient.create(cluster.nodes())) {
      assertThat(keysOf(victim)).isZero();
      IntStream.range(0, 100).forEach(i -> client.set("again:" + i, "value"));
      assertThat(keysOf(victim)).isPositive();
    }
  }

  private static long keysOf(RedisProcess master) {
    try (Jedis jedis = master.connect()) {
      return jedis.dbSize();
    }
  }
}
