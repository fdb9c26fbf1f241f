package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.Codec;
import io.perfkit.testing.Await;
import io.perfkit.testing.RedisReplicated;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisSentinelClient;
import redis.clients.jedis.UnifiedJedis;

final class NodesSentinelIT extends NodesContract {
  private static final Duration FAILOVER_DEADLINE = Duration.ofSeconds(90);

  private final RedisReplicated servers = RedisReplicated.start();
  private final HostAndPort sentinel = servers.startSentinel();
  private final List<RedisSentinelClient> clients = new ArrayList<>();

  @Override
  UnifiedJedis newClient() {
    RedisSentinelClient client =
        RedisSentinelClient.builder()
            .sentinels(Set.of(sentinel))
            .masterName(servers.masterName())
            .build();
    clients.add(client);
    return client;
  }

  @AfterEach
  void closeServers() {
    clients.forEach(RedisSentinelClient::close);
    servers.close();
  }

  @Test
  void servesThroughAFailoverAndIsCoherentAfterIt() {
    try (Caches cachesA = patient(newClient(), "failover");
        Caches cachesB = patient(newClient(), "failover")) {
      Cache<String, String> a =
          cachesA.cache("names", String.class, Codec.string(), CacheConfig.defaults());
      Cache<String, String> b =
          cachesB.cache("names", String.class, Codec.string(), CacheConfig.defaults());
      Await.until("subscribed", DEADLINE, () -> cachesA.subscribed() && cachesB.subscribed());
      a.put("k", "old");

      servers.primary().kill();
      assertThat(a.get("other", key -> "loaded")).isEqualTo("loaded");
      a.invalidate("k");

      Await.until(
          "the new primary has been told",
          FAILOVER_DEADLINE,
          () -> cachesA.unsentInvalidations() == 0);
      Await.until(
          "subscribed to the new primary",
          FAILOVER_DEADLINE,
          () -> cachesA.subscribed() && cachesB.subscribed());
      assertThat(b.get("k", key -> "new")).isEqualTo("new");
      a.put("k", "newer");
      Await.until("heard", DEADLINE, () -> "newer".equals(b.getIfPresent("k")));
    }
  }
}
